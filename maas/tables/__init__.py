"""Files to typed columns, with pyarrow. Training and scoring read their data through this package.

Training reads a file at once:

- `reading`           reads the files of a source, or a bundled data set, into a table
- `sources`           finds the files of a source, and refuses those of other programs
- `dialect`           how a file is written: delimiter, decimal mark, encoding, words for gaps
- `csv_file`          reads a CSV file into a table
- `joined_csv`        reads compressed CSV files, and several as if they were one
- `parquet_files`     reads Parquet files into one table
- `available_memory`  what the process can still get, which this and the fit ask for
- `separators`        finds out that a CSV file is not separated by commas
- `row_places`        names rows after the files that they are from
- `target_rows`       which rows are kept for their target
- `columns`           the feature type of a column, and its values as an array
- `column_kinds`      what kind of values a column holds, and its texts counted
- `forms`             numbers and dates that were written for people
- `target`            the target as an array
- `split_keys`        the column of the split as numbers, times or texts
- `faults`            what is wrong with a data set, collected for one error

`init` reads a file that nobody has described, and judges its columns:

- `unknown`           reads it: how it is written, and what is counted in its columns
- `draft`             what to make of a column: a feature, or why not
- `draft_texts`       the rules of that about text
- `draft_numbers`     the rules of that about whole numbers
- `column_draft`      what is made of a column
- `target_draft`      what to make of the target: classes or numbers

Scoring reads batch by batch:

- `stream`            reads files in batches, and imports neither pandas nor scikit-learn
"""
