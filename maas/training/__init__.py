"""Training: from a config and data to a published version. Serving imports nothing of it.

In the order of a run:

- `run`         the steps of one run, from the config to the version
- `data`        typed features, the target and their hash, from a table
- `data_hash`   the hash of the values that a run reads
- `named_columns` the columns that a config names, found in a table
- `split`       training rows and held-out rows
- `fit`         the pipeline: build it, fit it, compute its metrics, check the gates
- `export`      the fitted pipeline as the bytes of a version
- `measurement` what a run measures with the held-out rows, and what it warns of
- `refusals`    the held-out rows that the service refuses, which the metrics leave out
- `suspects`    features that are probably a mistake: leaks, constants, row numbers
- `leaks`       features that give the target away by themselves
- `example`     the example row of a signature
- `input_bound` the largest numbers that the model can compute with
- `reference`   the distribution of the training rows
- `edges`       edges of bins that people can read
- `tails`       edges of bins where a few values are far from all others
- `report`      how good the model is on the held-out rows
- `checks`      pins before numpy is loaded, parity after the export, `verify` at any time
- `failure`     errors of libraries as errors of ours
- `provenance`  when, where and with which packages a run was made

For `init`, before the first run:

- `draft`       drafts a config for a file, and tries it as a run would
"""
