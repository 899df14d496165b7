"""Scores files: the rows of CSV and Parquet files to predictions beside them, in parts.

A job is what is to be scored, by which version, in which way. It is cut into parts, which can be
scored in any order, by any process, on any machine: a part's rows are read in batches, checked
and encoded by column as a batch of the API is, answered, and written beside and renamed. So what
has its name is whole, and a job that was interrupted goes on where it was.

- `inputs`        the files that an argument names, and how their columns fit the model
- `parts`         cuts files into parts
- `job`           what a job is, and how another one differs from it
- `output`        the folder or file that a job writes: resumed, finished, or refused
- `merging`       parts put together: one file, and the invalid rows of all
- `part`          scores one part
- `answers`       a model's answers as columns of a table
- `class_places`  a linear classifier that answers with places of classes, not with texts
- `part_file`     the Parquet file of a part, and what is written in its footer
- `invalid_rows`  the rows that were refused, with the reason
- `loaded_model`  the model of a version, loaded once per process
- `engine`        what an engine does
- `local_engine`  parts on this machine, in processes
- `dask_cluster`  a Dask cluster on this machine, or the connection to one
- `dask_engine`   parts on a Dask cluster
- `dask_worker`   a task in a worker of that cluster
- `environment`   what the bits of a process depend on: workers must have that of the command
- `kept_columns`  the columns of the input that are written too
- `score_record`  what _score.json says
- `plan`          what a request comes to: looked at before anything is written
- `stamp`         whether a file changed since the job began
- `hashing`       the hashes of the input
- `worker_imports`  all that a worker needs, imported once for all of them
- `run`           the steps of a job
"""
