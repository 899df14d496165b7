"""The faults of a data set, collected so that one error names them all."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from maas.errors import DataError, UnreadableDataError
from maas.tables.row_places import RowPlaces

_REMEDY = "correct all of them, or draft a config with `python -m maas init`, then train again"

MAX_NAMED = 20
"""How many faults an error names; it counts the others."""

P = ParamSpec("P")
T = TypeVar("T")


class Faults:
    """What is wrong with a data set: the first fault of each column.

    Args:
        source: the value of `data.source` in the config.
        root: the folder that it is relative to.
        needs: whether the run uses a column of that name; faults of the others do not count.

    Attributes:
        places: where the rows of the table stand in the files.
    """

    def __init__(
        self, source: str, root: Path = Path(), needs: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.source, self.needs = source, needs
        self.places = RowPlaces()
        self._prefixes = (f"{source}: ", f"{root / source}: ")
        self._errors: dict[str, DataError] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._errors

    def __getitem__(self, key: str) -> DataError:
        return self._errors[key]

    def add(self, key: str, error: DataError) -> None:
        """Add the fault of a key of the config, or of the whole table."""
        self._errors.setdefault(key, error)

    def add_column(self, column: str, error: DataError) -> None:
        """Add the fault of a column, if the run uses it."""
        if self.needs(column):
            self.add(column, error)

    def attempt(
        self, column: str, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Read a column; if that fails, add its fault and return None."""
        try:
            return read(*args, **kwargs)
        except UnreadableDataError:
            raise
        except DataError as error:
            self.add_column(column, error)
            return None

    def check(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            DataError: the one fault; or all of them, numbered, in one line.
        """
        errors = list(self._errors.values())
        if not errors:
            return
        if len(errors) == 1:
            raise errors[0]
        named = [f"({n}) {self._line(e)}" for n, e in enumerate(errors[:MAX_NAMED], 1)]
        if len(errors) > MAX_NAMED:
            named.append(f"and {len(errors) - MAX_NAMED} more")
        what = f"has {len(errors)} faults: {'; '.join(named)}"
        raise DataError(self.source, what, _REMEDY)

    def _line(self, error: DataError) -> str:
        line = str(error)
        for prefix in self._prefixes:
            line = line.removeprefix(prefix)
        return line
