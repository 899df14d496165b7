"""The scikit-learn side of a run: build the pipeline, fit it, measure it.

- `estimators`  the estimators that a config may name
- `pipeline`    the steps that a config asks for
- `fit`         fits them on the training rows and measures them on the others
- `gates`       bounds that the metrics must keep
"""
