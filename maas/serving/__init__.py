"""Answers typed requests from one version; imports neither scikit-learn nor training.

**The life of a process.** `bentoml serve` imports service.py, which loads a
`process.deployment`: the version and the config. `process.preflight` checks both before workers
start. A worker imports service.py too; BentoML asks `process.service_class` for an app and gets
`app`, and makes an instance of the service, which loads the model (`process.model_loading`). When
`process.following` finds that another version is live, it has it loaded and tried
(`process.candidates`) and makes it the `current_version`, between two requests. On SIGTERM
`process.draining` lets the worker answer a while, then stop.

**The life of a request.** `app` makes an `http.request` of it and takes the `served_version`:
all that depends on the version. It checks the key (`http.api_keys`), reads the body
(`http.body`) and calls an `api.endpoint`, which parses the body by the types of the API, awaits
a method of service.py and serialises what it returns. The method asks the `async_predictor`.
Handlers return an `http.response`; the app sends, counts (`monitoring`) and logs it in one
place. What needs no model is answered by `api.info_routes`: documents, metrics, and the `page`.

- `app`              the ASGI app in front of BentoML's: every request goes through it
- `current_version`  the version that is served now, and those that still end requests
- `served_version`   all that depends on the version: endpoints, headers, documents, counts
- `async_predictor`  calls the model without holding up the event loop
- `shadow`           scores what was answered with another version, which answers nobody
- `loop_limit`       how many rows a model scores in the event loop
- `http`             requests and responses; knows no model
- `api`              the types of the API, and bytes to responses
- `monitoring`       what is counted
- `page`             the served version for people, at `/`
- `process`          how the service starts, stops and is packed
"""
