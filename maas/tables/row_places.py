"""Names the rows of a table after the files that they are from."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt


class RowPlaces:
    """Where the rows of a table stand in the files of its source.

    Args:
        names: of the files, in the order of their rows.
        count_rows: counts the rows of a file, given its index; asked for several files alone,
            when a row is named.
    """

    def __init__(
        self, names: Sequence[str] = (), count_rows: Callable[[int], int] = lambda _: 0
    ) -> None:
        self._names, self._count_rows = names, count_rows
        self._kept: npt.NDArray[np.int64] | None = None

    def keep(self, kept: npt.NDArray[np.bool_]) -> None:
        """Note which rows of the table are kept; the others are left out of it."""
        places = np.arange(len(kept)) if self._kept is None else self._kept
        self._kept = places[kept]

    def name(self, row: int) -> str:
        """Name a row by its number in its file, from 1; of several files, with that file.

        Args:
            row: its index in the table.
        """
        place = row if self._kept is None else int(self._kept[row])
        if len(self._names) > 1:
            for index, name in enumerate(self._names):
                rows = self._count_rows(index)
                if place < rows:
                    return f"row {place + 1} of {name}"
                place -= rows
        return f"row {place + 1}"
