"""Keeps Python's garbage collector away from what the service holds for as long as it lives."""

import gc
import sys

# New objects are looked at few at a time: with a threshold of 50 000, garbage piled up to
# pauses of 25 ms (docs/performance.md).
_THRESHOLDS = (5_000, 20, 100)

# Python's default is 5 ms: beside a batch in a thread, single rows then wait ten times as long.
_SWITCH_INTERVAL_S = 0.0005


def tune_gc() -> None:
    """Collect once, then never look again at what start-up made: a collection stops everything."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
