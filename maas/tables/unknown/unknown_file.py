"""Reads a file that nobody has described: how it is written, and its columns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from maas.tables.csv_file import read_csv_bytes
from maas.tables.dialect import Dialect
from maas.tables.faults import Faults
from maas.tables.forms.form_columns import apply_forms
from maas.tables.unknown.null_words import find_null_words
from maas.tables.unknown.sample import Sample, read_sample
from maas.tables.unknown.seen_column import SeenColumn, number
from maas.tables.unknown.sniffing import Sniffed, find_dialect

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class UnknownFile:
    """What was read of a file.

    Attributes:
        name: the file or pattern, as it was given.
        sample: how much of it was read.
        text: of a CSV file: its header and lines, in UTF-8.
        dialect: how it is written.
        table: the rows; of columns with one name, the first.
        faulty: columns that cannot be read as they are: integers with leading zeros, and text of
            several lines.
        encoding_seen: how the encoding is known; "" of UTF-8.
        doubts: what else is a guess, and what training will refuse.
    """

    name: str
    sample: Sample
    text: bytes
    dialect: Dialect
    table: pa.Table
    faulty: frozenset[str]
    encoding_seen: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read."""
        return self.sample.is_whole

    @property
    def rows(self) -> int:
        """How many rows it has; an estimate where it is a CSV file that was not read whole."""
        if self.sample.rows_total is not None:
            return self.sample.rows_total
        share = 1.0 if self.is_whole else self.sample.bytes_read / self.sample.bytes_total
        return int(self.table.num_rows / share)

    @property
    def extent(self) -> str:
        """How much was read, in words."""
        rows = self.table.num_rows
        if self.is_whole:
            return f"all of its {number(rows)} rows"
        read, total = (n / _MEGABYTE for n in (self.sample.bytes_read, self.sample.bytes_total))
        return f"a sample of {number(rows)} rows, {read:.1f} of {total:.1f} MB"

    @cached_property
    def columns(self) -> dict[str, SeenColumn]:
        """The columns by their names, in the order of the file."""
        return self._see(self.table)

    def columns_beside(self, target: str) -> list[SeenColumn]:
        """The columns but for the target, in the rows that have a value of it."""
        present = self.columns[target].is_present
        seen = self._see(self.table.filter(present)) if self.columns[target].gaps else self.columns
        return [column for name, column in seen.items() if name != target]

    def _see(self, table: pa.Table) -> dict[str, SeenColumn]:
        pairs = zip(table.column_names, table.columns, strict=True)
        decimal = self.dialect.decimal
        return {n: SeenColumn(n, data, n in self.faulty, decimal) for n, data in pairs}

    def read_again(self, forms: Mapping[str, str], text_columns: Collection[str]) -> pa.Table:
        """Read the rows with forms, and with columns that hold text; as training does.

        A fault of a column is not raised: training finds it again.
        """
        dialect = replace(self.dialect, forms=forms)
        if self.sample.table is not None:
            return apply_forms(self.table, dialect, Faults(str(self.sample.path)))
        texts = [*text_columns, *forms]
        return _parse(self.sample, self.text, dialect, texts)[0]


def read_unknown(path: Path) -> UnknownFile:
    """Read a file, or a sample of a large one; find out how it is written.

    Args:
        path: a CSV or Parquet file, or a pattern of files.

    Raises:
        UnreadableDataError: it does not exist or cannot be read.
        DataError: it is not a table; says why.
    """
    sample = read_sample(path)
    if sample.table is not None:
        table = _keep_first(sample.table)
        return UnknownFile(str(path), sample, b"", Dialect(), table, frozenset())
    sniffed = find_dialect(sample)
    file = _read(str(path), sample, sniffed)
    columns = list(file.columns.values())
    words, decimal = find_null_words(columns), _find_decimal(file)
    if not words and decimal == file.dialect.decimal:
        return file
    dialect = replace(file.dialect, null_values=words, decimal=decimal)
    return _read(str(path), sample, replace(sniffed, dialect=dialect))


def _read(name: str, sample: Sample, sniffed: Sniffed) -> UnknownFile:
    table, faults = _parse(sample, sniffed.data, sniffed.dialect, ())
    return UnknownFile(
        name=name,
        sample=sample,
        text=sniffed.data,
        dialect=sniffed.dialect,
        table=table,
        faulty=frozenset(column for column in table.column_names if column in faults),
        encoding_seen=sniffed.encoding_seen,
        doubts=sniffed.doubts,
    )


def _parse(
    sample: Sample, text: bytes, dialect: Dialect, text_columns: Collection[str]
) -> tuple[pa.Table, Faults]:
    faults = Faults(str(sample.path))
    in_utf8 = dialect.in_utf8()
    table = read_csv_bytes(text, sample.path, faults, text_columns, in_utf8)
    return apply_forms(_keep_first(table), in_utf8, faults), faults


def _keep_first(table: pa.Table) -> pa.Table:
    """The first of columns with one name; pandas and R repeat the empty one."""
    places = {name: place for place, name in reversed(list(enumerate(table.column_names)))}
    return table.select(sorted(places.values()))


def _find_decimal(file: UnknownFile) -> str:
    """The decimal mark, where numbers among text show that it is a comma in the whole file."""
    forms = [c.form for c in file.columns.values() if c.is_text and c.rows and c.form is not None]
    marks = {form.decimal for form in forms if form.decimal is not None}
    points = any(column.is_float for column in file.columns.values())
    return "," if marks == {","} and not points else file.dialect.decimal
