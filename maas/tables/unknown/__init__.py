"""A file that nobody has described: how it is written, and what is counted in its columns.

- `unknown_file`    reads it, by the modules below
- `sample`          the bytes or rows that are looked at: all of a file, or parts at equal distances
- `parquet_sample`  rows of a Parquet file
- `file_start`      what kind of file it is, by its first bytes
- `line_ends`       line ends in blocks of text
- `sniffing`        how text is written
- `encodings`       its encoding
- `delimiters`      what separates its columns
- `headers`         the names of its columns
- `decimal_mark`    whether its numbers have decimal commas
- `ragged`          rows with another number of columns than the header
- `numbered_rows`   the rows of text, with the numbers of their lines
- `null_words`      words that stand for a gap
- `seen_column`     a column, and what is counted in it
"""
