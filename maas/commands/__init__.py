"""The commands of `python -m maas`: one module per group, which adds its own parsers.

- `registry`          `list`, `show`, `diff` and `sync`
- `verify`            trains versions again and compares
- `release`           `promote`, `rollback` and `history`
- `server_wait`       asks a running server, and waits until it answers with a version
- `removal`           `remove`
- `score`             predictions for the rows of files
- `drift`             how later rows differ from the training rows
- `init`              drafts a config for a new file
- `report`            one HTML file that says what a version is and how good it is
- `bento`             packs a version into a Bento
- `output_file`       the file that a command writes
- `version_argument`  the version that an argument names
- `terminal`          results on stdout, errors as one line with an exit code; train.py uses it too
"""
