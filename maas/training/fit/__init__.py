"""The scikit-learn part of a run: build the pipeline, fit it, measure it, check the gates.

- `estimators`  the estimators that a config may name
- `pipeline`    builds the pipeline that a config asks for
- `memory`      refuses a fit that needs more memory than there is
- `fit`         fits it on the training rows, and predicts the held-out rows
- `metrics`     measures the predictions
- `gates`       checks the metrics against the bounds in the config
"""
