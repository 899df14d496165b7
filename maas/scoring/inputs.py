"""The files that an argument names, and how their columns fit the model."""

import glob
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maas.config.train_config import DataConfig
from maas.errors import DataError, InputError, UnreadableDataError
from maas.logs import printable
from maas.model.signature import Signature
from maas.tables.dialect import Dialect, dialect_of
from maas.tables.stream.batches import (
    SUFFIXES,
    FileShape,
    Wanted,
    check_types,
    describe_file,
    kind_of,
)

_FORMS = (
    f"name a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file, a folder of them, "
    "or a quoted pattern such as 'data/*.csv'"
)

log = logging.getLogger("maas")


@dataclass(frozen=True)
class Input:
    """A file of the input.

    Attributes:
        path: where it is.
        name: below the folder that was named, with / between folders; of a file, its own name.
        shape: its columns and row groups.
        stamp: size in bytes and time of its last change, when it was looked at.
        dialect: how it is to be read.
        columns: the column of each feature, in the order of the features; None: it has none, and
            the feature is nullable.
    """

    path: Path
    name: str
    shape: FileShape
    stamp: tuple[int, int]
    dialect: Dialect
    columns: tuple[str | None, ...]

    def wanted(self, signature: Signature) -> list[Wanted]:
        """The features to read, of those that have a column."""
        return list_wanted(signature, self.columns, self.dialect)


def list_wanted(
    signature: Signature, columns: Sequence[str | None], dialect: Dialect
) -> list[Wanted]:
    """The features to read, with the forms that the training data had under their own names."""
    return [
        Wanted(column, feature.type, dialect.forms.get(feature.column))
        for column, feature in zip(columns, signature.features, strict=True)
        if column is not None
    ]


def find_inputs(
    argument: str, signature: Signature, keep: Sequence[str], data: DataConfig | None = None
) -> list[Input]:
    """Find the files that an argument names, and match their columns with the features.

    Args:
        argument: a file, a folder, or a pattern.
        signature: what the model takes.
        keep: columns that are written to the output too.
        data: how the training data were written, which the files must be too; None: plainly.

    Raises:
        UnreadableDataError: nothing has that name, or it cannot be read.
        DataError: a file is not a table, or its columns do not fit.
    """
    found = [_describe(path, name, signature, keep, data) for path, name in _find(argument)]
    if not any(file.shape.rows != 0 for file in found):
        raise no_row(argument)
    for file in found:
        if file.shape.rows == 0:
            log.warning("%s holds no row", file.path)
    _warn_of_ignored(found, keep)
    return found


def no_row(argument: str) -> DataError:
    """The error for an input without a row, which is known of CSV files once they are read."""
    return DataError(argument, "holds no row", "write rows to it, or name other files")


def _find(argument: str) -> list[tuple[Path, str]]:
    if not argument:
        raise UnreadableDataError("IN", "is empty", _FORMS)
    path = Path(argument)
    if not path.exists() and not glob.has_magic(argument):
        raise UnreadableDataError(argument, "does not exist", "correct its name")
    if path.is_dir():
        files = [(file, file.relative_to(path).as_posix()) for file in _walk(path)]
        what = "holds no CSV or Parquet file"
    elif path.exists():
        return [(path, path.name)]
    else:
        paths = [Path(name) for name in sorted(glob.glob(argument, recursive=True))]  # noqa: PTH207
        kept = [found for found in paths if kind_of(found) and found.is_file()]
        root = _common_folder(kept)
        files = [(found, found.relative_to(root).as_posix()) for found in kept]
        what = "matches no CSV or Parquet file"
    if not files:
        raise UnreadableDataError(argument, what, _FORMS)
    if len({kind_of(file) for file, _ in files}) > 1:
        what = "holds both CSV and Parquet files"
        raise DataError(argument, what, "name those of one kind with a pattern such as '*.csv'")
    return files


def _walk(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """The files below a folder, sorted; names that begin with . or _ are not data.

    A link to a folder that it is in itself is not followed.
    """
    real = folder.resolve()
    if real in above:
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise UnreadableDataError(folder, what, "check its owner and permissions") from None
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            yield from _walk(entry, above | {real})
        elif kind_of(entry):
            yield entry


def _common_folder(paths: Sequence[Path]) -> Path:
    """The deepest folder that all paths are in."""
    if not paths:
        return Path()
    first, *others = [path.parent.parts for path in paths]
    length = len(first)
    for parts in others:
        same = (i for i, pair in enumerate(zip(first, parts, strict=False)) if pair[0] != pair[1])
        length = min(length, next(same, min(len(first), len(parts))))
    return Path(*first[:length])


def _describe(
    path: Path, name: str, signature: Signature, keep: Sequence[str], data: DataConfig | None
) -> Input:
    if kind_of(path) is None:
        raise InputError(path, "is neither a CSV nor a Parquet file", _FORMS)
    if path.exists() and not path.is_file():  # reading would wait for a pipe's other end
        raise DataError(path, "is not a file", "copy what it holds to a file, or leave it out")
    if not name.isascii() and not _is_text(name):
        raise DataError(path, "has a name that is not UTF-8", "rename it")
    dialect = dialect_of(data, path)
    shape = describe_file(path, dialect)
    stat = path.stat()
    columns = _match(path, shape, signature)
    stamp = (stat.st_size, stat.st_mtime_ns)
    file = Input(path, name, shape, stamp, dialect, columns)
    check_types(path, shape, file.wanted(signature), keep)
    return file


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _match(path: Path, shape: FileShape, signature: Signature) -> tuple[str | None, ...]:
    """Find the column of each feature: under its name in the API, or in the training data.

    One file uses one of the two. A file that could be read in both ways, with another meaning, is
    refused.
    """
    api = [feature.name for feature in signature.features]
    trained = [feature.column for feature in signature.features]
    fits = [names for names in (api, trained) if not _missing(names, shape, signature)]
    if not fits:
        missing = _missing(api, shape, signature)
        if len(_missing(trained, shape, signature)) < len(missing):
            missing = _missing(trained, shape, signature)
        raise _no_column(path, shape, missing)
    names = fits[0]
    if len(fits) == 2:
        _check_meaning(path, shape, api, trained)
    return tuple(name if name in shape.names else None for name in names)


def _missing(names: Sequence[str], shape: FileShape, signature: Signature) -> list[str]:
    """Columns that a file must have, and does not."""
    present = set(shape.names)
    pairs = zip(names, signature.features, strict=True)
    missing = [name for name, feature in pairs if name not in present and not feature.nullable]
    return missing if present.intersection(names) else list(names)


def _no_column(path: Path, shape: FileShape, missing: Sequence[str]) -> DataError:
    known = ", ".join(shape.names[:20]) + (", …" if len(shape.names) > 20 else "")
    more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
    where = f"{path}: column {missing[0]!r}{more}"
    return DataError(where, "does not exist, and the model takes it", f"there: {known or 'none'}")


def _check_meaning(
    path: Path, shape: FileShape, api: Sequence[str], trained: Sequence[str]
) -> None:
    for name, column in zip(api, trained, strict=True):
        if name != column and name in trained and name in shape.names:
            what = f"is feature {name!r} of the API, and held another feature in the training data"
            remedy = "rename the columns to the names of the API"
            raise DataError(f"{path}: column {name!r}", what, remedy)


def _warn_of_ignored(files: Sequence[Input], keep: Sequence[str]) -> None:
    ignored: dict[str, None] = {}
    absent: dict[str, None] = {}
    for file in files:
        used = {*file.columns, *keep}
        ignored.update(dict.fromkeys(name for name in file.shape.names if name not in used))
        if None in file.columns:
            absent[file.name] = None
    if ignored:
        names = [name if name.strip() else repr(name) for name in list(ignored)[:10]]
        some = ", ".join(names) + (", …" if len(ignored) > 10 else "")
        log.warning("columns that the model does not take are left out: %s", printable(some))
    if absent:
        some = ", ".join(list(absent)[:3]) + (", …" if len(absent) > 3 else "")
        log.warning("nullable features without a column count as null everywhere in: %s", some)
