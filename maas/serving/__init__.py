"""Answers typed requests from one version; imports neither scikit-learn nor training.

- `app`              the ASGI app in front of BentoML's: every request goes through it
- `async_predictor`  calls the model without holding up the event loop
- `http`             requests and responses; knows no model
- `api`              the types of the API, and bytes to answers
- `monitoring`       what is counted
- `process`          how the service starts, stops and is packed
"""
