"""Keeps every run as an immutable version; the only place where training and serving meet.

`Registry(models_dir)` is its API: `versions`, `open`, `latest`, `check` and `publish`.

- `manifest`    the record of a version, and the digest over it
- `version`     one published version and its files
- `registry`    `Registry`: the versions of a models folder, and how one more is published
- `staging`     where a version is filled before anyone can see it
- `files`       durable writes and checked reads
- `locks`       file locks that die with their holder
- `store_entry` one entry of the BentoML store
- `store`       the store as the registry's mirror
- `summary`     what `list` says of each version
- `comparison`  what `diff` says of two
"""

from maas.registry.registry import Registry
from maas.registry.version import Version

__all__ = ["Registry", "Version"]
