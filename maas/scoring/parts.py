"""Cuts the input into parts: what one task scores, and one file of the output holds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maas.errors import DataError
from maas.scoring.inputs import Input
from maas.tables.stream.batches import find_suffix

# Rows of a part, at least, where a Parquet file has more; its row groups are not cut.
_MIN_ROWS = 500_000


@dataclass(frozen=True)
class Part:
    """A part of an input file.

    Attributes:
        input: the file.
        row_groups: those of a Parquet file that are in it; None: the whole file is.
        first_row: the place of its first row in the file.
        rows: how many it has; None: that is not known before it is read.
        name: of its file in the output, without a suffix; the names sort as the rows do.
    """

    input: Input
    row_groups: range | None
    first_row: int
    rows: int | None
    name: str


def cut_parts(inputs: Sequence[Input]) -> list[Part]:
    """Cut files into parts, in the order of their rows.

    Raises:
        DataError: two parts would have one name.
    """
    parts = [part for file in inputs for part in _cut(file)]
    seen: dict[str, str] = {}
    for part in parts:
        other = seen.setdefault(part.name, part.input.name)
        if other != part.input.name:
            what = f"and {other} would both be written to {part.name}.parquet"
            raise DataError(part.input.path, what, "rename one of them")
    return parts


def _cut(file: Input) -> Iterator[Part]:
    stem = file.name.removesuffix(find_suffix(file.name) or "")
    runs = list(_runs(file.shape.row_groups))
    if len(runs) < 2:
        yield Part(file, None, 0, file.shape.rows, stem)
        return
    width, first = len(str(len(runs) - 1)), 0
    for index, run in enumerate(runs):
        rows = sum(file.shape.row_groups[run.start : run.stop])
        yield Part(file, run, first, rows, f"{stem}.{index:0{width}}")
        first += rows


def _runs(row_groups: Sequence[int]) -> Iterator[range]:
    """Join row groups until they have enough rows."""
    start = rows = 0
    for index, count in enumerate(row_groups):
        rows += count
        if rows >= _MIN_ROWS:
            yield range(start, index + 1)
            start, rows = index + 1, 0
    if rows:
        yield range(start, len(row_groups))
