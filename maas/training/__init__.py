"""From a config and data to a published version. Nothing here is imported by serving.

In the order of a run:

- `run`         the steps of one run, from the config to the version
- `data`        a table to typed features, a target and their hash
- `split`       the rows that are held out
- `fit`         the pipeline: built, fitted, measured
- `export`      the fitted pipeline to the bytes of a version
- `reference`   how the training rows were distributed
- `checks`      pins before numpy, parity after the export, `verify` ever after
- `provenance`  the circumstances of a run
"""
