"""Counts of rows in the bins of a version's reference.json, and how far they are from training.

With numpy alone: for training, scoring, serving and the command.

- `counts`      counts encoded rows and their answers; arrays of counts are added up
- `bins`        the bins of one feature or of the answers
- `levels`      counts many columns at once
- `cells`       bins put together, to be compared
- `distances`   how far two distributions are apart, and what chance makes of it
- `comparison`  judges counts of later rows
- `record`      what is said of drift
"""
