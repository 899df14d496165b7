"""What training, serving and scoring share: they agree on a model by these modules.

- `signature`    what a model takes and gives
- `tag`          the name of a model and the number of a version
- `checks`       the values that a feature takes: one rule, for a row and for a column
- `row`          the pydantic type of one row, made from these rules
- `columns`      a column of values as arrays, as files and Arrow streams have them
- `column_encoding`  the values of one column to numbers and codes, checked by its rule
- `encoding`     valid rows to the matrix that the model takes, by row and by column
- `doubtful_rows`  the rows that the row type judges, because their columns are not plainly valid
- `scorers`      the matrix to arrays: onnxruntime, or the pickled pipeline
- `blocks`       how many rows a scorer is asked for at once
- `predictor`    rows to answers
- `input_bound`  the largest magnitude with which a model can compute
- `example_check`  the answer to a version's own example row, as the service gives it
- `compatibility`  what another version changes for the clients of a served one
"""
