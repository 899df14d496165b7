"""One loop, three wings: train a model, keep it as a version, serve it.

**Training** (`maas.training`) turns a config and data into a fitted pipeline and
hands its files to the registry. **The registry** (`maas.registry`) keeps every run
as an immutable folder `models/vN/` and mirrors it to the BentoML model store.
**Serving** (`maas.serving`) answers typed requests from one version. Training and
serving never import each other: they meet only in the files of a version.

The doors are outside this package: `train.py` (offline), `service.py` (online) and
`python -m maas` (the registry's commands). Inside, imports run one way::

    train.py, __main__ -> training -> registry -> predictor, config, signature, errors
    service.py         -> serving  -> registry -> ...

- `errors`     every error a user can meet, with its exit code
- `config`     the two YAML files, as frozen strict types
- `signature`  what a model takes and gives; the API's row type comes from it
- `predictor`  rows -> arrays -> answers; shared by serving and the parity check
"""

import os

# Both libraries report home unless told otherwise; they read this when they are loaded.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# An empty BENTOML_HOME is the current folder to BentoML; nobody means that.
if not os.environ.get("BENTOML_HOME", "set"):
    del os.environ["BENTOML_HOME"]
