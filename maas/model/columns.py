"""A column of values as arrays: how files and Arrow streams bring the values of a feature.

Whoever reads a format makes these columns; `encoding` checks and encodes them, by the rules
that hold for the values of a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["number", "boolean", "text", "null", "other"]


@dataclass(frozen=True)
class Column:
    """The values of one column, shape (rows,).

    Attributes:
        kind: what the values are; `null`: there are none; `other`: no feature takes them, such
            as times.
        values: numbers of any real dtype, booleans, or the places of texts in `texts`, which are
            valid in each row that has a value; for null and other, of any dtype.
        gaps: which rows have no value; None: all rows have one.
        texts: the different texts, or more of them.
        others: values that are of another kind, by row, such as a text among the numbers of a CSV
            file; `values` and `gaps` say nothing of these rows.
    """

    kind: Kind
    values: npt.NDArray[Any]
    gaps: npt.NDArray[np.bool_] | None = None
    texts: Sequence[str] = ()
    others: Mapping[int, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def at(self, row: int) -> Any:
        """The value of a row as JSON would carry it; one that JSON cannot carry is an object."""
        if row in self.others:
            return self.others[row]
        if self.kind == "null" or (self.gaps is not None and self.gaps[row]):
            return None
        if self.kind == "text":
            return self.texts[self.values[row]]
        return object() if self.kind == "other" else self.values[row].item()


def null_column(rows: int) -> Column:
    """A column without a value in any row: a nullable feature that was left out."""
    return Column("null", np.zeros(rows, dtype=np.int8))
