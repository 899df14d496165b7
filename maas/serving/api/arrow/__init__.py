"""Batches as Arrow streams: what JSON says in rows, in columns.

- `request`      a stream as the value of a method's parameter, and the query that goes with it
- `flat_table`   the tables of flatbuffers, of which the metadata of a stream is made
- `messages`     a stream to its messages
- `fields`       the columns that a stream declares
- `batch`        one message's buffers to columns of arrays
- `texts`        the texts of a column
- `columns`      the columns of several messages as one, and the values of dictionaries
- `stream`       all of these: a stream to its columns
- `rows`         the columns checked as rows of JSON are, and encoded
- `answer`       an answer as a stream
"""
