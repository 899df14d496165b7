"""What makes a version provable. `train.py` and `verify` call these.

- `determinism`  pins the process before numpy is loaded
- `pin_check`    asks the libraries whether the pins took
- `parity`       compares the exported model with the fitted pipeline
- `thresholds`   the split points of trees, where parity is hardest
- `verify`       trains a version again and compares
"""
