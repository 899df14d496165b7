"""A column that nobody has described, and what is counted in it."""

import math
import re
from functools import cached_property

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from maas.tables.column_kinds import count_texts, decode, is_text, value_type
from maas.tables.forms.text_form import TextForm
from maas.tables.forms.text_forms import find_form
from maas.tables.forms.units import find_units

# How the names of ids end.
_ID_NAME = re.compile(r"(^|[\W_])(id|ids|uuid|guid|key|idx|index|rowid)$", re.IGNORECASE)
_CAMEL_ID_NAME = re.compile(r"[a-z](Id|ID)$")


AS_FLOATS = "as floats, which have 16 digits"
"""What is said of numbers that may differ in further digits."""

# Above, floats do not tell all integers apart.
_LAST_EXACT = 2**53


class SeenColumn:
    """A column and what is counted in it once.

    Attributes:
        name: its name.
        data: its values.
        is_faulty: whether it cannot be read as it is: integers with leading zeros, or text of
            several lines.
        decimal: the decimal mark of its file.
    """

    def __init__(
        self, name: str, data: pa.ChunkedArray, is_faulty: bool = False, decimal: str = "."
    ) -> None:
        self.name, self.data = name, data
        self.is_faulty, self.decimal = is_faulty, decimal
        self.kind = value_type(data)

    @property
    def is_present(self) -> pa.ChunkedArray:
        """Which rows have a value; NaN is a gap."""
        return pc.invert(pc.is_null(decode(self.data), nan_is_null=self.is_float))

    @cached_property
    def present(self) -> pa.ChunkedArray:
        """The values without gaps."""
        return decode(self.data).filter(self.is_present)

    @property
    def is_text(self) -> bool:
        """Whether it holds text."""
        return is_text(self.kind)

    @property
    def is_float(self) -> bool:
        """Whether it holds floats, which may be NaN."""
        return bool(pa.types.is_floating(self.kind))

    @cached_property
    def is_whole(self) -> bool:
        """Whether it holds integers; also as floats, as pandas writes them beside gaps."""
        if self.is_float:
            return bool(pc.all(pc.equal(self.present, pc.floor(self.present))).as_py())
        return bool(pa.types.is_integer(self.kind))

    @property
    def is_beyond_floats(self) -> bool:
        """Whether it holds one float so large that others may have been written."""
        if not self.is_float or self.different != 1:
            return False
        return bool(_LAST_EXACT < abs(self.present[0].as_py()) < math.inf)

    @property
    def rows(self) -> int:
        """How many rows have a value."""
        return len(self.present)

    @property
    def gaps(self) -> int:
        """How many rows have none."""
        return len(self.data) - self.rows

    @cached_property
    def different(self) -> int:
        """How many different values there are."""
        return len(self.counts) if self.is_text else int(pc.count_distinct(self.present).as_py())

    @cached_property
    def counts(self) -> "pd.Series[int]":
        """Text -> how many rows hold it."""
        return count_texts(self.data)

    @cached_property
    def form(self) -> TextForm | None:
        """The form of most of its texts, if they are numbers or dates written for people."""
        return find_form(self.counts, self.decimal) or find_units(self.counts, of_feature=True)

    @property
    def has_name_of_id(self) -> bool:
        """Whether its name says that it is an id."""
        return bool(_ID_NAME.search(self.name) or _CAMEL_ID_NAME.search(self.name))


def number(count: int) -> str:
    """Write a number for people, in groups of three digits."""
    return f"{count:,}".replace(",", " ")


def count_of(count: int, noun: str) -> str:
    """Write a number of things, with the noun in the plural unless there is one."""
    return f"{number(count)} {noun}{'s' * (count != 1)}"
