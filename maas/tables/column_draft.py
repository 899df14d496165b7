"""What is made of a column that nobody has described."""

from dataclasses import dataclass

from maas.model.signature import FeatureType
from maas.tables.unknown.seen_column import SeenColumn, count_of, number

MIN_ROWS_PER_TEXT = 5
"""With fewer rows for each text on average there is too little to learn about most of them."""

MAX_FEW = 20
"""So few ids, or texts among numbers, that repeat are the names of categories: of five stores."""


@dataclass(frozen=True)
class ColumnDraft:
    """What is made of a column.

    Attributes:
        column: its name.
        seen: what was seen, without a value of a row.
        left_out: whether it is not a feature.
        type: the type to declare; None: the one that its values suggest.
        form: how its numbers or dates are written, for `data.forms`; None: plainly.
        split: the method of a split that it suggests.
        is_usable: whether training takes it if the config lists it; what is left out may not be.
    """

    column: str
    seen: str
    left_out: bool = False
    type: FeatureType | None = None
    form: str | None = None
    split: str | None = None
    is_usable: bool = True


def leave_out(column: SeenColumn, seen: str, split: str | None = None) -> ColumnDraft:
    """Leave out a column; text is declared a category, to use it all the same."""
    kind: FeatureType | None = "category" if column.is_text else None
    return ColumnDraft(column.name, seen, left_out=True, type=kind, split=split)


def refuse(column: SeenColumn, seen: str, split: str | None = None) -> ColumnDraft:
    """Leave out a column that training does not take either."""
    return ColumnDraft(column.name, seen, left_out=True, split=split, is_usable=False)


def repeats_few(column: SeenColumn) -> bool:
    """Whether a column has few different values, each in several rows."""
    return column.different <= MAX_FEW and column.different * MIN_ROWS_PER_TEXT <= column.rows


def draft_repeated_id(column: SeenColumn) -> ColumnDraft:
    """A column with the name of an id whose values repeat."""
    split = None if column.gaps else "group"
    if repeats_few(column):
        seen = f"{count_of(column.different, 'id')}, so few that each is a category"
        return ColumnDraft(column.name, seen, type="category", split=split)
    ids = f"{number(column.different)} different values in {number(column.rows)} rows"
    return leave_out(column, f"{ids}, an id that repeats", split)
