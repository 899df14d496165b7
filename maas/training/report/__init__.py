"""report.json: how good a version is on its held-out rows, made under the pins.

- `report`      puts the parts together
- `confusion`   counts how often each class was predicted for each, and the metrics of such counts
- `intervals`   95 % intervals of metrics
- `classes`     what a report says about a classifier
- `numbers`     what a report says about a regressor
- `baseline`    what predicts without looking at the features
- `importance`  how much worse the model is when a feature is shuffled
- `cost`        how many rows a report may predict
- `remarks`     what a reader should know about the figures
"""
