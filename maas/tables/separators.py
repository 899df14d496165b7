"""Finds out that a CSV file is separated by something else than commas, as Excel writes it."""

import csv
import re
from pathlib import Path

from maas.errors import DataError

_OTHERS = ";\t|"

# How much of a file is looked at: the header and the first rows say how the rest is written.
_MAX_BYTES = 2**16
_MAX_LINES = 20

_DECIMAL_COMMA = re.compile(r"\s*[-+]?(\d{1,3}(\.\d{3})+|\d*),\d+\s*")
_POINTS = re.compile(r"\s*[-+]?\d{1,3}(\.\d{3})+(,\d+)?\s*")

_DAY = re.compile(r"\s*\d{1,2}\.\d{1,2}\.\d{2,4}.*")


def check_separator(path: Path) -> None:
    """Refuse a file whose first lines have more columns with another separator than with commas.

    Raises:
        DataError: there is no line, or another separator: says which, whether numbers have
            decimal commas, and how to convert the file.
    """
    text, encoding = _start_of(path)
    lines = [line for line in text.splitlines() if line.strip()][:_MAX_LINES]
    if not lines:
        raise DataError(path, "holds empty lines only", "write the data to it")
    if "\0" in lines[0]:
        raise DataError(path, "is not text: its first line holds bytes 0", "name a CSV file")
    if re.fullmatch(r"sep=.", lines[0].strip(), re.IGNORECASE):
        what = f"begins with the line {lines[0].strip()!r}, which only Excel understands"
        raise DataError(path, what, "remove that line")
    widths = {mark: _width(lines, mark) for mark in _OTHERS}
    mark = max(_OTHERS, key=lambda mark: widths[mark])
    if widths[mark] > max(_width(lines, ","), 1):
        raise _describe(path, lines, mark, encoding)


def _start_of(path: Path) -> tuple[str, str | None]:
    """The first complete lines of a file, and its encoding if it is not UTF-8."""
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES)
    if len(data) == _MAX_BYTES:
        data = data[: data.rfind(b"\n") + 1]
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "cp1252"


def _width(lines: list[str], mark: str) -> int:
    """The number of columns; 0 if the lines do not have the same number."""
    try:
        widths = {len(fields) for fields in csv.reader(lines, delimiter=mark)}
    except csv.Error:
        return 0
    return widths.pop() if len(widths) == 1 else 0


def _describe(path: Path, lines: list[str], mark: str, encoding: str | None) -> DataError:
    rows = list(csv.reader(lines, delimiter=mark))[1:]
    fields = [field for row in rows for field in row]
    options = f"sep={mark!r}"
    what, remedy = f"is separated by {mark!r}", "save it with commas as separators"
    if any(map(_DECIMAL_COMMA.fullmatch, fields)):
        what, remedy = f"{what}, with decimal commas", f"{remedy} and with decimal points"
        options += ", decimal=','"
        # pandas would also take the points out of 24.12.2024.
        if any(map(_POINTS.fullmatch, fields)) and not any(map(_DAY.fullmatch, fields)):
            options += ", thousands='.'"
    if encoding:
        options += f", encoding={encoding!r}"
    copy = f"{path.stem}-commas.csv"
    code = f"pandas.read_csv({path.name!r}, {options}).to_csv({copy!r}, index=False)"
    return DataError(path, what, f"{remedy}, e.g. {code}, and name that file")
