"""The content of report.json: how good a version is on its held-out rows, as plain numbers.

It holds counts, rates and rounded bins, and never a row. What it says in words is made from these
records when it is shown, so words can be improved without another digest.
"""

from itertools import chain
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from maas.report.parts import (
    MAX_CLASSES,
    AgreementRecord,
    BaselineRecord,
    CalibrationBin,
    ClassRecord,
    ConfusionRecord,
    Count,
    ImportanceRecord,
    MetricRecord,
    Name,
    ResidualsRecord,
    Rows,
)
from maas.strict_model import StrictModel


class ReportWarning(StrictModel):
    """Something about the figures that a reader should know.

    Attributes:
        kind: `few_rows`: the held-out part is small, so intervals are wide; `few_of_class`:
            classes with few held-out rows; `never_predicted`: classes with held-out rows that
            were never predicted; `not_better`: the main metric is not above the baseline's, or
            its interval reaches down to it; `constant_target`: all held-out rows have one value;
            `outlying_rows`: one or two rows hold most of the squares that the main metric is
            computed of, so it has no interval.
        classes: the classes that it is about, as text; the first 20.
        count: the number of these classes, or of the rows where it is about rows.
    """

    kind: Literal[
        "few_rows",
        "few_of_class",
        "never_predicted",
        "not_better",
        "constant_target",
        "outlying_rows",
    ]
    classes: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    count: Count


class Report(StrictModel):
    """The content of report.json.

    Attributes:
        schema_version: of this file.
        task: classification or regression.
        train_rows: rows that the model was fitted on.
        held_out_rows: rows that the figures are of.
        level: of the intervals.
        headline: the name of the main metric.
        metrics: by name.
        baseline: what the metrics are compared with.
        classes: in the order of the signature, or the `MAX_CLASSES` with most held-out rows.
        confusion: of a classifier.
        calibration: ten bins from 0 to 1; empty without probabilities.
        residuals: of a regressor.
        agreement: of a regressor; None where all held-out rows have one value.
        importance: of the features; None where all held-out rows have one value, where it would
            take too long, or where it is not a finite number.
        warnings: what a reader should know.
    """

    schema_version: Literal[1] = 1
    task: Literal["classification", "regression"]
    train_rows: Rows
    held_out_rows: Rows
    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    headline: Name
    metrics: Annotated[dict[Name, MetricRecord], Field(max_length=20)]
    baseline: BaselineRecord
    classes: Annotated[tuple[ClassRecord, ...], Field(max_length=MAX_CLASSES)] = ()
    confusion: ConfusionRecord | None = None
    calibration: Annotated[tuple[CalibrationBin, ...], Field(max_length=10)] = ()
    residuals: ResidualsRecord | None = None
    agreement: AgreementRecord | None = None
    importance: ImportanceRecord | None = None
    warnings: Annotated[tuple[ReportWarning, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _has_headline(self) -> Self:
        if self.headline not in self.metrics:
            raise ValueError("the main metric is not among the metrics")
        return self

    @model_validator(mode="after")
    def _is_of_its_task(self) -> Self:
        answers_class = isinstance(self.baseline.answer, str)
        of_classes = [bool(self.classes), self.confusion is not None, answers_class]
        of_numbers = [self.residuals is not None, not answers_class]
        needed, others = of_classes, [*of_numbers, self.agreement is not None]
        if self.task == "regression":
            needed, others = of_numbers, [*of_classes, bool(self.calibration)]
        if not all(needed) or any(others):
            raise ValueError("parts of the other task, or too few of its own")
        return self

    @model_validator(mode="after")
    def _is_of_its_rows(self) -> Self:
        counts = [c for record in self.classes for c in (record.support, record.predicted)]
        counts += [record.rows for record in self.calibration]
        if self.residuals is not None:
            counts += self.residuals.counts
        for matrix in (self.confusion, self.agreement):
            counts += () if matrix is None else chain.from_iterable(matrix.counts)
        if max(counts, default=0) > self.held_out_rows:
            raise ValueError("a count of more rows than were held out")
        return self
