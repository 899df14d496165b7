"""What is counted, and how the workers' counts become one text for Prometheus.

Each worker writes its counts to files of its own in one folder; the worker that is asked adds
them all up. Counts of a worker that died stay.

- `metrics_folder`    the folder that the workers share
- `metrics_file`      a file in it, on a disk that may be full
- `deferred_counter`  increments that are written once per turn of the event loop
- `predicted_numbers` one histogram whose buckets differ between versions
- `bulk_histogram`    many observations of a histogram at once
- `request_metrics`   requests: how many, how long, what was wrong with them
- `release_metrics`   which release is served, and how a shadow agrees
- `model_metrics`     what the model answered, and rows unlike the training rows
- `live_drift`        how the rows that are answered differ from the training rows
- `hourly_counts`     counts per hour in a file, one per worker and version
- `drift_gauges`      drift as Prometheus reads it
- `collector`         adds up the workers' counts
"""
