"""Files to typed columns, with pyarrow. Training and scoring read their data through this package.

Training reads a file at once:

- `reading`     reads a CSV file, a Parquet file or a bundled data set into a table
- `csv_file`    reads a CSV file into a table
- `separators`  finds out that a CSV file is not separated by commas
- `columns`     the feature type of a column, and its values as an array
- `text_forms`  numbers and dates that were written for people
- `units`       numbers that were written with their unit
- `target`      the target as an array
- `split_keys`  the column of the split as numbers, times or texts
- `faults`      what is wrong with a data set, collected for one error

Scoring reads batch by batch, and imports neither pandas nor scikit-learn:

- `batches`          describes a file, checks its types and reads it in batches
- `batch`            a batch, the shape of a file, and a feature to read
- `parquet_batches`  reads a Parquet file in batches
- `csv_batches`      reads a CSV file in batches
- `csv_columns`      the texts of a CSV file to the columns that the encoder takes
- `arrays`        numpy arrays and texts to Arrow arrays
- `arrow_columns`    Arrow arrays to the columns that the encoder takes
"""
