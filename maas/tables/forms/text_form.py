"""The form of the texts of a column, and how an error describes it."""

import json
from dataclasses import dataclass

UNITS = "numbers with a unit"
"""The name of the form that `maas.tables.forms.units` finds."""

DATES = "dates"
"""The name of the form of dates and times."""


@dataclass(frozen=True)
class TextForm:
    """The form of most texts of a column.

    Attributes:
        name: in the plural, such as "amounts of money".
        example: the first text of this form.
        plain: the example as a number that pyarrow reads; None if it is not a single number.
        doubt: what else the example might mean; empty if nothing.
        other: the first text that is neither a number nor of a form; None if there is none.
        key: what `data.forms` calls the form: it reads all texts but those of which `other` is
            the first. None if nothing does, or if the order of day and month is in doubt.
        decimal: the decimal mark that it needs; None if the texts mean the same with both.
        other_rows: how many rows hold a text that is neither a number nor of a form.
        unread: why nothing reads the texts, in words that follow the name and hold no value;
            empty if something does, or if the name says it.
    """

    name: str
    example: str
    plain: str | None
    doubt: str
    other: str | None
    key: str | None = None
    decimal: str | None = None
    other_rows: int = 0
    unread: str = ""

    @property
    def is_date(self) -> bool:
        """Whether the texts are dates."""
        return self.name == DATES

    @property
    def sentence(self) -> str:
        """What the column holds, for an error."""
        found = f"{self.name} such as {self.example[:40]!r}{self.doubt}"
        if self.other is None:
            return f"holds {found}"
        return f"mixes {found} with text such as {self.other[:40]!r}"

    @property
    def rewriting(self) -> str:
        """How to write the values, as an instruction."""
        if self.is_date:
            return "write days as YYYY-MM-DD"
        if self.plain is None:
            return "write each as one number, all in one unit"
        what = "the number alone" if self.name == UNITS else "plain numbers"
        return f"write {what} ({self.example[:40]!r} as {self.plain})"

    def setting(self, column: str | None) -> str:
        """The keys of the config that read the column as it is, as an instruction; or ""."""
        if self.key is None or not column:
            return ""
        form = json.dumps(self.key) if self.is_date else self.key
        mark = f" and data.decimal: {json.dumps(self.decimal)}" if self.decimal == "," else ""
        return f"set data.forms: {{{json.dumps(column, ensure_ascii=False)}: {form}}}{mark}"

    def instruction(self, column: str | None) -> str:
        """How to have the values of a column read: by the config, or written in another way."""
        return ", or ".join(filter(None, (self.setting(column), self.rewriting)))
