"""What a model takes and gives: the one place that the API's types come from."""

from functools import cached_property
from typing import Literal

from maas.strict_model import StrictModel, added_later

FLOAT32_MAX = 3.4028234663852886e38
"""Largest finite float32: the model computes in float32, so no input may exceed it."""

FeatureType = Literal["number", "integer", "boolean", "category"]
Runtime = Literal["onnx", "sklearn"]
"""What serves a model: its ONNX export, or the pickled pipeline itself."""
Label = bool | int | str
"""A class of a classifier, as JSON carries it."""
Value = bool | int | float | str | None
"""A value of a feature, as JSON carries it."""


class Feature(StrictModel):
    """One input of the model, in the API and in the data.

    Attributes:
        name: its name in the API.
        column: the column of the data set it was trained on.
        type: number, integer, boolean or category (strings).
        nullable: whether null (a missing value in the data) is valid.
        minimum: smallest value in the training rows (number, integer).
        maximum: largest value in the training rows (number, integer).
        categories: the values in the training rows, sorted (category).
    """

    name: str
    column: str
    type: FeatureType
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] | None = None


class Signature(StrictModel):
    """Features in the order of the data, and what the model predicts.

    Attributes:
        features: the inputs.
        unknown: whether a category that training did not see is refused or ignored.
        target: the column that is predicted.
        task: classification or regression.
        classes: the labels of a classifier, in the order of its probabilities.
        probabilities: whether the model gives a probability per class.
        example: a row that predicts, of medians and most frequent values; in versions of the
            manifest's schema 1, the first training row.
        input_bound: the largest magnitude of a number with which the model's sums stay finite
            in float32; None in versions from before it was recorded.
    """

    features: tuple[Feature, ...]
    unknown: Literal["error", "ignore"] = "error"
    target: str
    task: Literal["classification", "regression"]
    classes: tuple[Label, ...] | None = None
    probabilities: bool = False
    example: dict[str, Value]
    input_bound: float | None = added_later(None)

    @cached_property
    def matrix_order(self) -> tuple[int, ...]:
        """Indices of the features in the order of the model's input: categories come last."""
        indices = range(len(self.features))
        return tuple(sorted(indices, key=lambda i: self.features[i].type == "category"))

    @property
    def numeric_columns(self) -> tuple[bool, ...]:
        """Which columns of the model's input hold numbers that have no bound of their own."""
        return tuple(self.features[i].type in ("number", "integer") for i in self.matrix_order)


def label_text(label: Label) -> str:
    """A class as a JSON key: true and false as JSON writes them."""
    return str(label).lower() if isinstance(label, bool) else str(label)
