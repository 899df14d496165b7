"""Finds out that a CSV file is separated by something else than commas, as Excel writes it."""

import codecs
import csv
import json
import re
import shlex

from maas.errors import DataError
from maas.tables.dialect import Dialect

START_BYTES = 2**16
"""How much of a file is looked at: the header and the first rows say how the rest is written."""

_OTHERS = ";\t|"

_MAX_LINES = 20

DECIMAL_COMMA = re.compile(r"\s*[-+]?(\d{1,3}(\.\d{3})+|\d*),\d+\s*")
"""A number with a decimal comma."""

_POINTS = re.compile(r"\s*[-+]?\d{1,3}(\.\d{3})+(,\d+)?\s*")

_DAY = re.compile(r"\s*\d{1,2}\.\d{1,2}\.\d{2,4}.*")


def check_start(where: object, start: bytes, dialect: Dialect) -> None:
    """Refuse a file whose first lines are not those of a table with commas.

    Another separator is looked for only where the dialect does not know it.

    Args:
        where: the name of the file.
        start: its first `START_BYTES` bytes, or all of fewer.
        dialect: how it is said to be written.

    Raises:
        DataError: there is no line, or it is not text, or the lines have more columns with another
            separator: says which, whether numbers have decimal commas, and the keys to set.
    """
    if dialect.is_utf8 and start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # The mark of UTF-32 begins as that of UTF-16.
        name = "UTF-32" if start.startswith(codecs.BOM_UTF32_LE) else "UTF-16"
        remedy = f"set data.encoding: {name.lower()}, or save it as UTF-8"
        raise DataError(where, f"is {name} text", remedy)
    text, encoding = _decode(start, dialect)
    lines = [line for line in text.splitlines() if line.strip()][:_MAX_LINES]
    if not lines:
        raise DataError(where, "holds empty lines only", "write the data to it")
    if "\0" in lines[0]:
        raise DataError(where, "is not text: its first line holds bytes 0", "name a CSV file")
    if re.fullmatch(r"sep=.", lines[0].strip(), re.IGNORECASE):
        what = f"begins with the line {lines[0].strip()!r}, which only Excel understands"
        raise DataError(where, what, "remove that line")
    if dialect.delimiter_is_known or dialect.delimiter != ",":
        return
    widths = {mark: width(lines, mark) for mark in _OTHERS}
    mark = max(_OTHERS, key=lambda mark: widths[mark])
    if widths[mark] > max(width(lines, ","), 1):
        raise _describe(where, lines, mark, encoding)


def _decode(start: bytes, dialect: Dialect) -> tuple[str, str | None]:
    """The first complete lines of a file, and its encoding if it should be named as another."""
    if not dialect.is_utf8:
        # The last letter may be cut.
        return start.decode(dialect.encoding, errors="replace"), None
    if len(start) == START_BYTES:
        start = start[: start.rfind(b"\n") + 1] or start
    try:
        return start.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return start.decode("cp1252", errors="replace"), "cp1252"


def width(lines: list[str], mark: str) -> int:
    """The number of columns; 0 if the lines do not have the same number."""
    try:
        widths = {len(fields) for fields in csv.reader(lines, delimiter=mark)}
    except csv.Error:
        return 0
    return widths.pop() if len(widths) == 1 else 0


def _describe(where: object, lines: list[str], mark: str, encoding: str | None) -> DataError:
    header, *rows = csv.reader(lines, delimiter=mark)
    fields = [field for row in rows for field in row]
    what, keys = f"is separated by {mark!r}", [f"data.delimiter: {json.dumps(mark)}"]
    if any(map(DECIMAL_COMMA.fullmatch, fields)):
        what, keys = f"{what}, with decimal commas", [*keys, 'data.decimal: ","']
        if grouped := _grouped(header, rows):
            forms = dict.fromkeys(grouped, "thousands")
            keys.append(f"data.forms: {json.dumps(forms, ensure_ascii=False)}")
    if encoding:
        keys.append(f"data.encoding: {encoding}")
    listed = " and ".join(filter(None, (", ".join(keys[:-1]), keys[-1])))
    command = f"let `python -m maas init {shlex.quote(str(where))}` write the config"
    return DataError(where, what, f"set {listed}, or {command}")


def _grouped(header: list[str], rows: list[list[str]]) -> list[str]:
    """The columns of numbers with points between the thousands, such as 1.200,50."""
    columns = zip(header, zip(*rows, strict=True), strict=True)
    return [
        name
        for name, fields in columns
        # 1.12.2024 is a day, and 1.200 beside it a mistake.
        if any(map(_POINTS.fullmatch, fields)) and not any(map(_DAY.fullmatch, fields))
    ]
