"""The parts of report.json: metrics, classes, numbers and importance, each with its bounds.

Files of versions are hostile input: every collection is bounded, and parts agree in themselves.
"""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from maas.strict_model import StrictModel

Name = Annotated[str, Field(max_length=100)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Rows = Annotated[int, Field(ge=1, lt=2**63)]
Share = Annotated[float, Field(ge=0, le=1)]


def _check_ascending(edges: tuple[float, ...]) -> tuple[float, ...]:
    if not all(low < high for low, high in pairwise(edges)):
        raise ValueError("edges that do not ascend")
    return edges


def _check_square(counts: tuple[tuple[int, ...], ...], size: int) -> None:
    if [len(row) for row in counts] != [size] * size:
        raise ValueError("counts that are not a square of the right size")


MAX_BINS = 50
"""No picture has more bins; training makes 20 at most."""

Edges = Annotated[
    tuple[float, ...],
    Field(min_length=2, max_length=MAX_BINS + 1),
    AfterValidator(_check_ascending),
]
Counts = Annotated[tuple[Count, ...], Field(max_length=MAX_BINS)]
Matrix = Annotated[tuple[Counts, ...], Field(max_length=MAX_BINS)]

MAX_CLASSES = 1000
"""A report describes so many classes at most, those with the most held-out rows."""
MAX_CONFUSED = 20
"""The confusion matrix has so many classes at most; the others are one line and one column."""
MAX_FEATURES = 300
"""A report ranks so many features at most, the most important ones."""
MAX_IMPORTANCE = 1e100
"""No importance is larger: its ends, and the width between them, are finite."""


class MetricRecord(StrictModel):
    """A metric of the held-out rows.

    Attributes:
        value: as in the manifest.
        low: the lower end of the 95 % interval; None: it cannot be computed.
        high: the upper end.
        baseline: the same metric of the baseline; None: it is not defined there.
    """

    value: float
    low: float | None = None
    high: float | None = None
    baseline: float | None = None

    @model_validator(mode="after")
    def _is_interval(self) -> Self:
        if (self.low is None) != (self.high is None):
            raise ValueError("an interval with one end")
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError("an interval whose ends are in the wrong order")
        return self


class BaselineRecord(StrictModel):
    """What predicts without looking at the features.

    Attributes:
        name: the class of scikit-learn.
        strategy: its parameter.
        answer: what it always predicts: a class as text, or a number with three digits.
    """

    name: Literal["DummyClassifier", "DummyRegressor"]
    strategy: Literal["prior", "mean"]
    answer: str | float


class ClassRecord(StrictModel):
    """How well one class is predicted.

    Attributes:
        label: as a JSON key.
        support: held-out rows that have it.
        predicted: held-out rows for which it was predicted.
        precision: the share of the predicted ones that have it; None: it was never predicted.
        recall: the share of those that have it for which it was predicted; None: no row has it.
        f1: of both; 0 where either is None.
    """

    label: str
    support: Count
    predicted: Count
    precision: Share | None
    recall: Share | None
    f1: Share


class ConfusionRecord(StrictModel):
    """How often each class was predicted for each.

    Attributes:
        labels: of rows and columns, without the others.
        others: how many more classes there are; their counts are the last row and column if any.
        counts: a row per actual class, a column per predicted one.
    """

    labels: Annotated[tuple[str, ...], Field(max_length=MAX_CONFUSED)]
    others: Count
    counts: Matrix

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        _check_square(self.counts, len(self.labels) + (self.others > 0))
        return self


class CalibrationBin(StrictModel):
    """Held-out rows whose predicted class has a probability within an interval.

    Attributes:
        low: of the interval.
        high: of the interval.
        rows: how many rows fall into it.
        probability: the mean probability of the predicted class; None: no rows.
        correct: the share of them that are predicted correctly; None: no rows.
    """

    low: Share
    high: Share
    rows: Count
    probability: Share | None
    correct: Share | None


class QuantileRecord(StrictModel):
    """A quantile of the residuals: so many of them are below the value."""

    level: Share
    value: float


class ResidualsRecord(StrictModel):
    """Predicted less actual, of the held-out rows.

    Attributes:
        quantiles: ascending.
        edges: of the bins, rounded; ascending, one more than counts.
        counts: residuals per bin; those beyond the outer edges are in the outer bins.
    """

    quantiles: Annotated[tuple[QuantileRecord, ...], Field(max_length=20)]
    edges: Edges
    counts: Counts

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.counts) != len(self.edges) - 1:
            raise ValueError("not one count between two edges")
        return self


class AgreementRecord(StrictModel):
    """Predicted against actual numbers.

    Attributes:
        edges: of the bins of both, rounded; ascending, one more than bins.
        counts: a row per bin of the actual value, a column per bin of the predicted one; values
            beyond the outer edges are in the outer bins.
    """

    edges: Edges
    counts: Matrix

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        _check_square(self.counts, len(self.edges) - 1)
        return self


class FeatureImportance(StrictModel):
    """How much worse the metric is when the values of one feature are shuffled.

    Attributes:
        feature: its name.
        mean: of the repeats; negative values are chance.
        sd: standard deviation over the repeats.
    """

    feature: str
    mean: Annotated[float, Field(ge=-MAX_IMPORTANCE, le=MAX_IMPORTANCE)]
    sd: Annotated[float, Field(ge=0, le=MAX_IMPORTANCE)]


class ImportanceRecord(StrictModel):
    """Permutation importance (Breiman 2001; scikit-learn's `permutation_importance`).

    Attributes:
        metric: which one gets worse.
        rows: how many held-out rows it was computed on.
        repeats: how often each feature was shuffled.
        features: by mean, descending.
        others: how many more features there are.
    """

    metric: Name
    rows: Count
    repeats: Annotated[int, Field(ge=1, le=1000)]
    features: Annotated[tuple[FeatureImportance, ...], Field(max_length=MAX_FEATURES)]
    others: Count = 0
