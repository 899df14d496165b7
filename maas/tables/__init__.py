"""Files to typed columns, with pyarrow. Training reads its data through this package.

- `reading`   a CSV, a Parquet file or a set that scikit-learn ships, to a table
- `csv_file`  a CSV file to a table
- `columns`   what a column of a table holds, and its values
"""
