"""What training and serving share: they agree on a model by these modules.

- `signature`  what a model takes and gives; the API's row type comes from it
- `predictor`  rows to arrays to answers
"""
