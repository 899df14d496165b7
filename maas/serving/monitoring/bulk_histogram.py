"""Many observations of a histogram at once: one write per bucket, not one per observation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from prometheus_client import Histogram

# What prometheus_client keeps and `Histogram.observe` writes; it has no public way for many.
_STATE = ("_buckets", "_sum", "_upper_bounds")


def observe_all(histogram: Histogram, values: Sequence[float]) -> None:
    """Observe finite numbers, as `histogram.observe` does one by one.

    Where a histogram is kept in another way, each is observed on its own.
    """
    state: Any = histogram
    if not all(hasattr(state, name) for name in _STATE):
        for value in values:
            histogram.observe(value)
        return
    numbers = np.array(values, dtype=np.float64)
    places = np.searchsorted(state._upper_bounds, numbers)  # a bound is in its own bucket
    counts = np.bincount(places).tolist()
    for bucket, count in zip(state._buckets, counts, strict=False):
        if count:
            bucket.inc(count)
    state._sum.inc(float(numbers.sum()))
