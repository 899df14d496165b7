"""Files to typed columns, with pyarrow. Training reads its data through this package.

- `reading`   reads a CSV file, a Parquet file or a bundled data set into a table
- `csv_file`  reads a CSV file into a table
- `columns`   the feature type of a column, and its values as an array
"""
