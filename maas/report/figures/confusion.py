"""The confusion matrix: a table, so that its numbers can be read, copied and heard."""

from collections.abc import Sequence

from markupsafe import Markup

from maas.report.figure import Figure
from maas.report.numbers import format_count
from maas.report.parts import ConfusionRecord
from maas.report.svg import tag
from maas.report.text import IN_SENTENCE, cut

# Shades of a cell: by the share of its row.
SHADES = 5
# With more classes than these, the names above the columns are written upwards.
_MAX_ACROSS = 4
# With more, the table takes the whole width of a page.
_MAX_IN_COLUMN = 7


def confusion_figure(confusion: ConfusionRecord) -> Figure:
    """A row per actual class, a column per predicted one."""
    labels = list(confusion.labels)
    if confusion.others:
        labels.append(f"{format_count(confusion.others)} others")
    rows = [_row(labels, n, counts) for n, counts in enumerate(confusion.counts)]
    table = tag(
        "table",
        tag("thead", tag("tr", _corner(), *map(_column, labels))),
        tag("tbody", *rows),
        class_=_kind(len(labels)),
    )
    region = tag(
        "div", table, class_="scroll", role="region", aria_label="Confusion matrix", tabindex=0
    )
    caption = "A cell is the darker, the larger its share of the row. Right answers are framed."
    if confusion.others:
        caption += " Classes with the most held-out rows are shown; the others are taken together."
    return Figure("confusion", "Which class is taken for which", caption, region)


def _kind(classes: int) -> str:
    kinds = ["confusion"] + ["upright"] * (classes > _MAX_ACROSS)
    return " ".join(kinds + ["wide"] * (classes > _MAX_IN_COLUMN))


def _corner() -> Markup:
    return tag("td", "actual ↓ predicted →", class_="corner")


def _column(label: str) -> Markup:
    return tag("th", tag("span", cut(label, IN_SENTENCE), dir="auto"), scope="col")


def _row(labels: Sequence[str], number: int, counts: Sequence[int]) -> Markup:
    whole = sum(counts)
    label = cut(labels[number])
    name = tag("span", cut(label, IN_SENTENCE), dir="auto", title=label)
    head = tag("th", name, scope="row")
    cells = (
        tag("td", format_count(count), class_=_cell(count, whole, number == place))
        for place, count in enumerate(counts)
    )
    return tag("tr", head, *cells)


def _cell(count: int, whole: int, right: bool) -> str | None:
    # A cell that holds anything differs from an empty one.
    shade = 1 + min(SHADES - 1, SHADES * count // whole) if count else 0
    kinds = [f"s{shade}"] * (shade > 0) + ["right"] * right
    return " ".join(kinds) or None
