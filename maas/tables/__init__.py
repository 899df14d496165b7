"""Files to typed columns, with pyarrow. Training reads its data through this package.

- `reading`     reads a CSV file, a Parquet file or a bundled data set into a table
- `csv_file`    reads a CSV file into a table
- `separators`  finds out that a CSV file is not separated by commas
- `columns`     the feature type of a column, and its values as an array
- `text_forms`  numbers and dates that were written for people
- `units`       numbers that were written with their unit
- `target`      the target as an array
- `split_keys`  the column of the split as numbers, times or texts
- `faults`      what is wrong with a data set, collected for one error
"""
