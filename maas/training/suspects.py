"""Features that are probably a mistake: leaks of the target, constants, and row numbers.

A sample is looked at first, and all rows only where the sample does not rule a suspicion out: so a
million rows cost little. What is found stands under the digest, and depends on the data alone.
"""

from collections.abc import Iterable, Iterator
from math import ceil

import numpy as np
import pandas as pd

from maas.registry.run_warnings import KINDS, MAX_NAMED, Seen, WarningRecord
from maas.tables.columns import Values
from maas.training.data import Dataset
from maas.training.leaks import MIN_ROWS, leaks_of
from maas.training.split import Indices

# How many rows are looked at first: training rows at equal distances, and the first of a file.
_SAMPLE_ROWS = 5_000
_FIRST_ROWS = 1_000


def find_suspects(data: Dataset, train: Indices, task: str) -> tuple[WarningRecord, ...]:
    """Look for leaks and constants in the training rows, and for row numbers in all rows.

    Args:
        data: the rows in the order of the source.
        train: indices of the training rows.
        task: classification or regression.

    Returns:
        A record for each thing that was seen, in the order of `KINDS`.
    """
    sample = train[:: ceil(len(train) / _SAMPLE_ROWS)]
    of_sample, of_all = (leaks_of(task, data.target[rows]) for rows in (sample, train))

    def look_into(values: Values) -> Iterator[Seen | None]:
        some = values[sample]
        if _is_constant(some) or of_sample.is_possible(some):
            every = values[train]
            yield "one_value" if _is_constant(every) else of_all.find(every)
        yield _order(values)

    found = [(c.name, seen) for c in data.columns for seen in look_into(c.values) if seen]
    return tuple(_record(seen, found) for seen in KINDS if any(seen == each for _, each in found))


def _is_constant(values: Values) -> bool:
    first = values[0]
    return not pd.isna(first) and bool((values == first).all())


def _order(values: Values) -> Seen | None:
    """Whether whole numbers rise or fall from each row to the next; a gap ends both."""
    if values.dtype == object or len(values) < MIN_ROWS:
        return None
    for part in (values[:_FIRST_ROWS], values):
        steps = np.diff(part)
        rising, falling = bool((steps > 0).all()), bool((steps < 0).all())
        if not (rising or falling) or (part != np.floor(part)).any():
            return None
    return "rising" if rising else "falling"


def _record(seen: Seen, found: Iterable[tuple[str, Seen]]) -> WarningRecord:
    names = tuple(name for name, each in found if each == seen)
    named = names[:MAX_NAMED]
    kind = KINDS[seen]
    return WarningRecord.model_validate(
        {"kind": kind, "seen": seen, "features": named, "count": len(names)}
    )
