"""Every run as an immutable version: the only place where training and serving meet.

`Registry(models_dir)` is its API: `versions`, `open`, `latest`, `check` and `publish`.

- `manifest`     the record of a version, and the digest over it
- `manifest_rules`  what must hold between the keys of a manifest
- `run_warnings`  what a run warns of: the records of a manifest, and the same in words
- `left_out`     which rows a run left out of its data: their record, and the same in words
- `file_names`   the names of the files of a version
- `version`      one published version and its files
- `loading`      the model of a version, loaded as it answers
- `registry`     `Registry`: lists, opens, checks and publishes the versions of a models folder
- `ledger`       which version is live, and the history of releases
- `releases`     adds to the ledger
- `live_version`  the version that is live before a release
- `candidate`    the check of a version before it is released
- `release_gates`  how far its metrics may be from those of the live version
- `promotion`    the rules of `promote`
- `rollback`     the rules of `rollback`
- `strays`       names that look like versions and are none
- `staging`      the folder in which a version is written before it is published
- `trash`        a version that is removed, and what was signed about it
- `removed_numbers`  the highest number that was removed
- `files`        durable writes and checked reads
- `locks`        file locks, which the system releases when their holder dies
- `stamp`        whether an entry of the store was touched since it was made
- `store_home`   the folder of the BentoML model store, and its lock
- `store_entry`  one entry of the BentoML model store
- `store`        the BentoML model store, as a mirror of the registry
- `orphans`      entries of the store that the models folder has no version of
- `bentos`       the Bentos of the store that use a version
- `protection`   why a version may not be removed
- `removal`      removes versions: folder and store together
- `about_version`  what a version is, for people
- `summary`      one line per version, for `list`
- `comparison`   the differences between two versions, for `diff`
"""

from maas.registry.registry import Registry
from maas.registry.version import Version

__all__ = ["Registry", "Version"]
