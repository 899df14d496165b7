"""Reads files batch by batch, for scoring: memory does not grow with the file.

Nothing here imports pandas or scikit-learn.

- `batches`          describes a file, checks its types and reads it in batches
- `batch`            a batch, the shape of a file, and a feature to read
- `parquet_batches`  reads a Parquet file in batches
- `csv_batches`      reads a CSV file in batches
- `csv_content`      the content of a CSV file: compressed or not, and in any encoding
- `csv_columns`      the texts of a CSV file to the columns that the encoder takes
- `arrow_columns`    Arrow arrays to the columns that the encoder takes
- `arrays`           numpy arrays and texts to Arrow arrays
"""
