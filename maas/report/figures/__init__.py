"""One module per figure; each makes a `Figure` of plain numbers.

- `metrics`      with their intervals, beside the baseline's
- `confusion`    which class is taken for which
- `calibration`  whether the probabilities are right
- `residuals`    how far off the predictions of a regressor are
- `agreement`    predicted against actual numbers
- `importance`   which features the model uses
- `feature`      the values of a feature or the answers, in training and live
- `histogram`    those that are numbers
- `columns`      where the bins of those are
- `categories`   those that are categories, booleans or classes
- `legend`       what is filled, and what is outlined
"""
