"""Finds the files that a data source names, and refuses those of other programs."""

import glob
import os
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from maas.errors import DataError, UnreadableDataError

# Data sets that scikit-learn ships; their target column is called `target`.
BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".tsv", ".tsv.gz")
"""Of the files that are read."""

# The suffixes of workbooks, and the package with which pandas reads each.
_WORKBOOKS = {".xlsx": "openpyxl", ".xlsm": "openpyxl", ".xls": "xlrd", ".ods": "odfpy"}

# The first bytes of files that are not CSV files, whatever they are called.
_ZIP, _OLD_OFFICE, _GZIP, _PARQUET = b"PK\3\4", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"PAR1"

_CORRECT = "correct data.source; a relative path starts at the project folder"


@dataclass(frozen=True)
class DataFile:
    """A file of a source.

    Attributes:
        name: as it is written in the config, or would be.
        path: where it is.
    """

    name: str
    path: Path

    @property
    def suffix(self) -> str:
        """One of `SUFFIXES`, or "" of another file."""
        name = self.path.name.lower()
        return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def find_files(source: str, root: Path) -> list[DataFile]:
    """Find the files of a source, sorted by name, and check how they begin.

    Args:
        source: the value of `data.source` in the config: a file, or a pattern of files.
        root: the folder that relative paths start from.

    Raises:
        UnreadableDataError: there is no such file, or it cannot be read.
        DataError: a file is not of a kind that is read, or they are of several kinds.
    """
    names = _match(source, root) if _is_pattern(source, root) else [source]
    files = [DataFile(name, root / name) for name in names]
    for file in files:
        if not file.suffix:
            _refuse_kind(source, file)
    first, last = (f(files, key=lambda file: file.suffix) for f in (min, max))
    if first.suffix != last.suffix:
        what = f"matches files of several kinds, such as {first.name} and {last.name}"
        remedy = f"write a pattern of one kind, such as *{first.suffix}"
        raise DataError(f"data.source = {source!r}", what, remedy)
    for file in files:
        check_start(file, read_start(file.path, 4, _CORRECT))
    return files


def _is_pattern(source: str, root: Path) -> bool:
    """Whether a source is a pattern; a file may have such letters in its name."""
    # Path.exists would fail for a long pattern.
    return glob.has_magic(source) and not os.path.exists(root / source)  # noqa: PTH110


def _match(source: str, root: Path) -> list[str]:
    # Path.glob takes no absolute patterns.
    found = glob.glob(source, root_dir=root, recursive=True)  # noqa: PTH207
    names = sorted(name for name in found if not (root / name).is_dir())
    if not names:
        raise UnreadableDataError(f"data.source = {source!r}", "matches no file", _CORRECT)
    return names


def _refuse_kind(source: str, file: DataFile) -> NoReturn:
    where = f"data.source = {source!r}"
    which = "is" if file.name == source else f"matches {file.name}, which is"
    suffix = file.path.suffix.lower()
    if suffix in _WORKBOOKS:
        _refuse_workbook(where, which, file, suffix)
    if suffix == ".zip":
        raise DataError(where, f"{which} a zip archive", "unpack it, and name the file in it")
    kinds = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file"
    what = f"{which} neither a {kinds} nor a bundled data set"
    raise DataError(where, what, f"name a file, or one of {', '.join(BUNDLED)}")


def _refuse_workbook(where: object, which: str, file: DataFile, suffix: str) -> NoReturn:
    code = f"pandas.read_excel({file.name!r}).to_csv({file.path.stem + '.csv'!r}, index=False)"
    remedy = f"save its sheet as CSV UTF-8, or run {code} where {_WORKBOOKS[suffix]} is installed"
    raise DataError(where, f"{which} a workbook, not a table", remedy)


def read_start(path: Path, count: int, correct: str = "correct its name") -> bytes:
    """Read the first bytes of a file.

    Args:
        path: the file.
        count: how many bytes.
        correct: the remedy if there is no such file.

    Raises:
        UnreadableDataError: it does not exist, is a folder, a pipe or a device, or cannot be read.
        DataError: it has 0 bytes.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe would be waited for
            remedy = "copy what it holds to a file, and name that"
            raise UnreadableDataError(path, "is not a file", remedy)
        with path.open("rb") as opened:
            start = opened.read(count)
    except FileNotFoundError:
        raise UnreadableDataError(path, "does not exist", correct) from None
    except IsADirectoryError:
        remedy = "name a file in it, or several by a pattern such as 'data/*.csv'"
        raise UnreadableDataError(path, "is a folder", remedy) from None
    except OSError as error:
        remedy = "name a file that you may read"
        raise UnreadableDataError(path, f"cannot be read ({error.strerror})", remedy) from None
    if not start:
        raise DataError(path, "is empty (0 bytes)", "write the data to it, or name another file")
    return start


def check_start(file: DataFile, start: bytes) -> None:
    """Refuse a file that begins as one of another kind than its name says.

    Raises:
        DataError: says what it is.
    """
    path = file.path
    if file.suffix == ".parquet":
        return  # what it holds is checked where it is read
    if start.startswith(_ZIP):
        _refuse_zip(file)
    if start.startswith(_OLD_OFFICE):
        _refuse_workbook(path, "is", file, ".xls")
    if start.startswith(_PARQUET):
        raise DataError(path, "is a Parquet file", "give its name the suffix .parquet")
    if start.startswith(_GZIP) and not file.suffix.endswith(".gz"):
        raise DataError(path, "is compressed with gzip", "give its name the suffix .gz too")
    if not start.startswith(_GZIP) and file.suffix.endswith(".gz"):
        raise DataError(path, "is not compressed with gzip", "take .gz off its name")


def _refuse_zip(file: DataFile) -> NoReturn:
    try:
        with zipfile.ZipFile(file.path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        names = []
    if "content.xml" in names:
        _refuse_workbook(file.path, "is", file, ".ods")
    if any(name.startswith("xl/") for name in names):
        _refuse_workbook(file.path, "is", file, ".xlsx")
    raise DataError(file.path, "is a zip archive", "unpack it, and name the file in it")


def check_columns(first: DataFile, names: list[str], file: DataFile, own: list[str]) -> None:
    """Check that a file has the columns of the first one, in any order.

    Raises:
        DataError: a column is in one of them only.
    """
    if sorted(own) == sorted(names):
        return
    for name in (*names, *own):
        if names.count(name) != own.count(name):
            more, less = (first, file) if names.count(name) > own.count(name) else (file, first)
            what = f"is in {more.name}, but not in {less.name}"
            remedy = "give all files of data.source the same columns, or name fewer files"
            raise DataError(f"{file.path}: column {name!r}", what, remedy)
