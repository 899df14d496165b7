"""Drafts a config for a file that nobody has described, so that training takes it at once.

The rules of `maas.tables` judge the file and each column by itself; here the draft is tried as
training would, on the rows that were read, and written down.

- `draft`        what a draft is, and the config that it stands for
- `steps`        the steps: read, judge the target and the columns, try, choose
- `trial`        tries a draft: faults, the split, leaks
- `other_splits` keeps the other splits that a draft names, if they divide the rows
- `rehearsal`    trains a draft once, where that takes seconds
- `estimator`    which estimator suits the size of a table
- `config_text`  a draft as YAML, with a comment for each decision
"""
