"""What a reader should know about the figures of a report."""

from collections.abc import Iterator, Sequence

from maas.report.parts import ClassRecord, MetricRecord
from maas.report.record import ReportWarning

# Fewer held-out rows: an accuracy of 0.9 is known to about 0.06.
FEW_ROWS = 100
FEW_OF_CLASS = 10

_MAX_NAMED = 20


def find_remarks(
    rows: int,
    headline: MetricRecord,
    classes: Sequence[ClassRecord],
    one_value: bool,
    outlying: int = 0,
) -> tuple[ReportWarning, ...]:
    """Find what a reader should know.

    Args:
        rows: held-out rows that the figures are of.
        headline: the main metric.
        classes: of a classifier.
        one_value: whether all held-out rows have the same target.
        outlying: how many rows hold most of what the main metric is computed of; 0: many do.
    """
    return tuple(_find(rows, headline, classes, one_value, outlying))


def _find(
    rows: int,
    headline: MetricRecord,
    classes: Sequence[ClassRecord],
    one_value: bool,
    outlying: int,
) -> Iterator[ReportWarning]:
    if one_value:
        yield ReportWarning(kind="constant_target", count=rows)
    elif headline.baseline is not None:
        low = headline.value if headline.low is None else headline.low
        if low <= headline.baseline:
            yield ReportWarning(kind="not_better", count=rows)
    if outlying and not one_value:
        yield ReportWarning(kind="outlying_rows", count=outlying)
    there = [record for record in classes if record.support]
    never = [record.label for record in there if not record.predicted]
    if never:
        named = tuple(never[:_MAX_NAMED])
        yield ReportWarning(kind="never_predicted", classes=named, count=len(never))
    if rows < FEW_ROWS:
        yield ReportWarning(kind="few_rows", count=rows)
    few = [record.label for record in there if record.support < FEW_OF_CLASS]
    if few:
        named = tuple(few[:_MAX_NAMED])
        yield ReportWarning(kind="few_of_class", classes=named, count=len(few))
