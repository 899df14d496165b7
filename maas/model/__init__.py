"""What training and serving share: they agree on a model by these modules.

- `signature`    what a model takes and gives
- `tag`          the name of a model and the number of a version
- `checks`       the values that a feature takes: one rule, for a row and for a column
- `row`          the pydantic type of one row, made from these rules
- `encoding`     valid rows to the matrix that the model takes, by row and by column
- `scorers`      the matrix to arrays: onnxruntime, or the pickled pipeline
- `predictor`    rows to answers
- `input_bound`  the largest magnitude with which a model can compute
- `example_check`  the answer to a version's own example row, as the service gives it
- `compatibility`  what another version changes for the clients of a served one
"""
