"""Counts of rows in the bins of a version's reference.json, with numpy alone.

- `counts`  counts encoded rows and their answers; arrays of counts are added up
- `bins`    the bins of one feature or of the answers
"""
