"""The life of the service's processes: from the config to the last answer.

- `deployment`     the version to serve, and how to serve it
- `preflight`      what must be true before a worker starts
- `model_loading`  loads the model
- `worker`         what only a worker needs
- `draining`       how a worker settles, and how it stops
- `packaging`      what `bentoml build` takes from the service
"""
