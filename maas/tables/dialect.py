"""How the files of a data source are written: what the config says, as one value."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow.csv

    from maas.config.train_config import DataConfig

_TAB_SUFFIXES = (".tsv", ".tsv.gz")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        delimiter: between two columns.
        decimal: the decimal mark of numbers.
        encoding: of the text.
        null_values: texts that are gaps, beside those that pyarrow takes for one.
        forms: column -> how its numbers or dates are written; also of a Parquet file's texts.
        delimiter_is_known: whether a file that seems to have another delimiter is read all the
            same.
    """

    delimiter: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ()
    forms: Mapping[str, str] = field(default_factory=dict)
    delimiter_is_known: bool = False

    @property
    def is_utf8(self) -> bool:
        """Whether the text is UTF-8, with a byte order mark or without."""
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")

    def in_utf8(self) -> "Dialect":
        """This dialect, of the same text in UTF-8."""
        return replace(self, encoding="utf-8")

    @property
    def parse_options(self) -> "pyarrow.csv.ParseOptions":
        """How pyarrow finds the columns of a line."""
        import pyarrow.csv  # a tenth of a second, for CSV files alone

        return pyarrow.csv.ParseOptions(delimiter=self.delimiter)

    @property
    def all_null_values(self) -> list[str]:
        """All texts that are gaps."""
        import pyarrow.csv

        return [*pyarrow.csv.ConvertOptions().null_values, *self.null_values]


PLAIN = Dialect()
"""Commas, decimal points, UTF-8."""


def dialect_of(data: "DataConfig | None", path: Path) -> Dialect:
    """The dialect of a file, from the keys of a config and the suffix of its name."""
    has_tabs = path.name.lower().endswith(_TAB_SUFFIXES)
    usual = Dialect(delimiter="\t" if has_tabs else ",", delimiter_is_known=has_tabs)
    if data is None:
        return usual
    return Dialect(
        delimiter=data.delimiter or usual.delimiter,
        decimal=data.decimal,
        encoding=data.encoding,
        null_values=data.null_values,
        forms=data.forms,
        delimiter_is_known=has_tabs or data.delimiter is not None,
    )
