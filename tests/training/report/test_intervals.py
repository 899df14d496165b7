"""The intervals hold the true value as often as they promise, where there are enough rows."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from maas.training.report.confusion import Confusion
from maas.training.report.intervals import count_outlying, of_classes, of_numbers

TIMES = 200
# 0.95 less 4 standard deviations of a share of so many times.
LEAST = 0.888


def spread(shares: list[float], accuracy: float) -> np.ndarray:
    """Shares of all pairs of classes, where each class is predicted equally well."""
    size = len(shares)
    wrong = (1 - accuracy) / (size - 1)
    matrix = np.full((size, size), wrong) + np.eye(size) * (accuracy - wrong)
    return matrix * np.array(shares)[:, np.newaxis]


def counted(counts: np.ndarray) -> Confusion:
    actual, predicted = np.nonzero(counts)
    return Confusion(len(counts), actual, predicted, counts[actual, predicted].astype(float))


@pytest.mark.parametrize(
    ("shares", "accuracy", "rows"),
    [
        ([1 / 3] * 3, 0.95, 60),
        ([0.5, 0.5], 0.8, 30),
        ([0.9, 0.1], 0.9, 200),
        ([0.967, 0.033], 0.98, 2000),
        ([0.1] * 10, 0.7, 300),
    ],
)
def test_intervals_of_shares_hold_the_true_value(shares: list[float], accuracy: float, rows: int):
    matrix = spread(shares, accuracy)
    true, hits = counted(matrix).metrics(), dict.fromkeys(counted(matrix).metrics(), 0)
    random = np.random.default_rng(3)
    for _ in range(TIMES):
        found = counted(random.multinomial(rows, matrix.ravel()).reshape(matrix.shape))
        metrics = found.metrics()
        for name, interval in of_classes(found, metrics).items():
            assert interval is not None
            assert 0 <= interval.low <= metrics[name] <= interval.high <= 1
            hits[name] += interval.low <= true[name] <= interval.high
    assert min(hits.values()) / TIMES > LEAST, hits


@pytest.mark.parametrize("errors", ["normal", "skewed"])
@pytest.mark.parametrize("rows", [40, 1000])
def test_intervals_of_errors_hold_the_true_value(errors: str, rows: int):
    random = np.random.default_rng(4)
    hits, missing = {"mae": 0, "rmse": 0, "r2": 0}, 0
    if errors == "normal":
        true = {"mae": 0.5 * np.sqrt(2 / np.pi), "rmse": 0.5, "r2": 0.75}
    else:
        true = {"mae": 1 / np.e, "rmse": 0.5, "r2": 0.75}  # |x - 1| / 2 has the mean 1 / e
    for _ in range(TIMES):
        truth = random.normal(size=rows)
        noise = (
            random.normal(size=rows) if errors == "normal" else random.exponential(size=rows) - 1
        )
        answers = truth + noise * 0.5
        metrics = {
            "mae": mean_absolute_error(truth, answers),
            "rmse": root_mean_squared_error(truth, answers),
            "r2": r2_score(truth, answers),
        }
        for name, interval in of_numbers(truth, answers, metrics).items():
            if interval is None:
                missing += 1
                hits[name] += 1
                continue
            assert interval.low <= metrics[name] <= interval.high
            hits[name] += interval.low <= true[name] <= interval.high
    assert min(hits.values()) / TIMES > LEAST, hits
    assert missing / TIMES < (0.6 if rows == 40 and errors == "skewed" else 0.02)


@pytest.mark.parametrize("rows", [10, 40, 100, 1000])
def test_where_few_rows_hold_the_squares_no_interval_is_too_narrow(rows: int):
    """Sales, incomes: the square of one is as much as those of a hundred others."""
    random = np.random.default_rng(6)
    misses, whole = 0, 0
    sizes, noise = random.normal(size=(2, 400_000))
    truth, answers = np.exp(sizes + noise / 2), np.exp(sizes)
    true = r2_score(truth, answers)
    for _ in range(TIMES):
        sizes, noise = random.normal(size=(2, rows))
        truth, answers = np.exp(sizes + noise / 2), np.exp(sizes)
        metrics = {"r2": r2_score(truth, answers), "mae": 1.0, "rmse": 1.0}
        interval = of_numbers(truth, answers, metrics)["r2"]
        if interval is not None:
            whole += 1
            misses += not interval.low <= true <= interval.high
    assert misses / TIMES < 1 - LEAST
    assert (rows < 1000) or whole / TIMES > 0.8


@pytest.mark.parametrize(("far", "outlying"), [([1000.0], 1), ([1000.0, -1000.0], 2)])
def test_one_or_two_rows_that_hold_most_squares_leave_no_interval(far: list[float], outlying: int):
    random = np.random.default_rng(7)
    truth = np.array([*random.normal(size=400), *far])
    answers = np.array([*truth[:400] + random.normal(size=400) / 2, *np.array(far) * 0.9])
    metrics = {"mae": 1.0, "rmse": 5.0, "r2": 0.99}
    assert count_outlying(truth, answers) == outlying
    found = of_numbers(truth, answers, metrics)
    assert (found["r2"], found["rmse"]) == (None, None)
    assert count_outlying(truth[:400], answers[:400]) == 0
    assert of_numbers(truth[:400], answers[:400], metrics)["r2"] is not None


@pytest.mark.parametrize("rows", [2, 3, 4, 5, 8, 15])
def test_what_predicts_nothing_is_hardly_ever_above_the_mean(rows: int):
    random, better = np.random.default_rng(8), 0
    for _ in range(TIMES):
        truth, answers = random.normal(size=rows), 0.3 * random.normal(size=rows)
        metrics = {"mae": 1.0, "rmse": 1.0, "r2": r2_score(truth, answers)}
        interval = of_numbers(truth, answers, metrics)["r2"]
        better += interval is not None and interval.low > 0
    assert better / TIMES <= 0.05


def test_a_class_of_two_rows_that_are_right_is_not_taken_for_perfect():
    found = counted(np.diag([98, 2]))
    intervals = of_classes(found, found.metrics())
    accuracy, recall = intervals["accuracy"], intervals["balanced_accuracy"]
    assert accuracy is not None
    assert recall is not None
    assert accuracy.low > 0.96
    assert recall.low < 0.6
    assert (accuracy.high, recall.high) == (1, 1)


def test_one_class_alone_has_the_interval_of_its_share():
    found = counted(np.diag([50]))
    intervals = of_classes(found, found.metrics())
    assert intervals["f1_macro"] == intervals["accuracy"]


@pytest.mark.parametrize("scale", [1e-300, 1e-100, 1e100, 1e300])
def test_numbers_of_any_size_have_intervals(scale: float):
    """But for that of r2 where the squares are not finite, or are 0: the metric is of them."""
    truth = np.arange(50.0) * scale
    answers = truth + np.tile([1, -2], 25) * scale
    found = of_numbers(truth, answers, {"mae": 1.5 * scale, "rmse": 1.6 * scale, "r2": 0.99})
    missing = {name for name, interval in found.items() if interval is None}
    assert missing == ({"r2"} if scale in (1e-300, 1e300) else set())


@pytest.mark.parametrize(
    ("truth", "answers", "missing"),
    [
        ([1, 2, 3], [1, 2, 3], {"mae", "rmse", "r2"}),  # no error is seen
        ([5, 5, 5, 5], [4, 5, 6, 5], {"r2"}),
        ([1, 2], [1.1, 2.3], {"r2"}),
    ],
)
def test_what_cannot_be_known_has_no_interval(
    truth: list[float], answers: list[float], missing: set[str]
):
    metrics = {"mae": 0.2, "rmse": 0.2, "r2": 0.5}
    found = of_numbers(np.array(truth, dtype=float), np.array(answers, dtype=float), metrics)
    assert {name for name, interval in found.items() if interval is None} == missing
