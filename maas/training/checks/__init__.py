"""The checks that make a version provable. `train.py` and `verify` call them.

- `determinism`    pins the process before numpy is loaded
- `restart`        the command that executes the process again
- `pin_check`      checks that the pins took effect in the libraries
- `encoder_check`  compares the encoders of the service with the pipeline's
- `parity`         compares the exported model with the fitted pipeline
- `thresholds`     finds the thresholds of trees, where parity is hardest
- `verify`         trains a version again and compares
"""
