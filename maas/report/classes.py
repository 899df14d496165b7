"""The table of the classes of a classifier."""

from markupsafe import Markup

from maas.report.numbers import format_count
from maas.report.parts import ClassRecord
from maas.report.record import Report
from maas.report.svg import tag
from maas.report.text import cut

MAX_ROWS = 20
_HEADS = ("class", "rows", "precision", "recall", "F1")


def classes_table(report: Report) -> Markup:
    """Precision, recall and rows per class: those with the most rows; "" for a regression."""
    if not report.classes:
        return Markup("")
    shown = sorted(report.classes, key=lambda c: -c.support)[:MAX_ROWS]
    kept = [record for record in report.classes if record in shown]
    others = len(report.classes) - len(kept)
    table = tag(
        "table",
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in _HEADS))),
        tag("tbody", *map(_row, kept)),
        class_="numbers",
    )
    more = f"and {format_count(others)} more classes with fewer held-out rows"
    note = tag("p", more, class_="note") if others else ""
    legend = tag(
        "p",
        "Precision: of the rows predicted as the class, the share that has it. "
        "Recall: of the rows that have the class, the share predicted as it. "
        "F1: both in one number.",
        class_="note",
    )
    region = tag("div", table, class_="scroll", role="region", aria_label="Classes", tabindex=0)
    return Markup("").join((region, note, legend))


def _row(record: ClassRecord) -> Markup:
    values = (record.precision, record.recall, record.f1)
    written = ("–" if value is None else f"{value:.3f}" for value in values)
    cells = (tag("td", value) for value in (format_count(record.support), *written))
    label = cut(record.label)
    return tag("tr", tag("th", tag("bdi", label), scope="row"), *cells)
