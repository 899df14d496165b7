"""The commands of `python -m maas`: one module per group, which adds its own parsers.

- `registry`          `list`, `show`, `diff` and `sync`
- `verify`            trains versions again and compares
- `release`           `promote`, `rollback` and `history`
- `server_wait`       waits until a running server answers with a version
- `removal`           `remove`
- `score`             predictions for the rows of files
- `init`              drafts a config for a new file
- `version_argument`  the version that an argument names
- `terminal`          results on stdout, errors as one line with an exit code; train.py uses it too
"""
