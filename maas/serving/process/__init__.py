"""The life of the service's processes: from the config to the last answer.

In the process that starts the workers:

- `deployment`     what is served, and how
- `live_version`   which version is live when a process starts
- `preflight`      what must be true before a worker starts
- `trial`          loads the model once, in a process of its own
- `packaging`      what `bentoml build` takes from the service

Beside them:

- `health_check`   asks whether the service is ready, for the image's HEALTHCHECK

In a worker:

- `service_class`  puts `maas.serving.app` in front of BentoML's own app
- `model_loading`  loads the model
- `following`      looks at the ledger, and serves what is live
- `candidates`     loads and tries a version before it is served
- `shadowing`      keeps the shadow that the ledger names beside what is live
- `gc_tuning`      keeps the garbage collector away from what start-up made
- `draining`       how a worker stops
- `listener`       ends new connections before it, and resets none
- `worker_failure` why a worker cannot start, or serves something else, said once
"""
