"""Model as a Service: train a model, keep it as a version, serve it.

**Training** (`maas.training`) turns a config and data into a fitted pipeline and hands its
files to the registry. **The registry** (`maas.registry`) keeps every run as an immutable
folder `models/vN/` and mirrors it to the BentoML model store. **Serving** (`maas.serving`)
answers typed requests from one version. **Scoring** (`maas.scoring`) answers the rows of files,
with the same bits. These three never import each other: they meet only in the files of a version,
which all handle with the registry and `model`. **Packing** (`maas.packing`) packs a version and the
code that serves it into a Bento.

The entry points `train.py` and `service.py`, which train and serve, are outside this package;
`python -m maas` runs the commands of `maas.commands`. Imports run one way: a module may import
its own package and the lines above its own::

    errors, strict_model
    model
    config
    logs, progress, tables, drift, report
    registry
    training | scoring | serving
    packing
    commands
    __main__, train, service

- `errors`        every error that a user can see, with its exit code
- `strict_model`  the base class of what is read from a file or written to one
- `model`         what training, scoring and serving share: signature, encoding, predictor
- `config`        the two YAML files, as frozen, strict types
- `logs`, `progress`  the log lines of a run and of the service, and the progress of a run
- `tables`        files to typed columns, at once or in batches
- `drift`         counts of rows in the bins of a version's reference.json
- `report`        how good a version is: report.json, and what is drawn of it
"""

import os

# Switch off the telemetry of both libraries, which read these variables when they are loaded.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# To BentoML, an empty BENTOML_HOME means the current folder: treat it as not set.
if not os.environ.get("BENTOML_HOME", "set"):
    del os.environ["BENTOML_HOME"]
