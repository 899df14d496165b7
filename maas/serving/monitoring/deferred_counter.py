"""Increments that are written once per turn of the event loop, equal ones together.

A write to a counter that workers share costs much, beside the rest of a request.
"""

import asyncio

from prometheus_client import Counter


class DeferredCounter:
    """Gathers increments of counters."""

    def __init__(self) -> None:
        self._amounts: dict[Counter, float] = {}

    def add(self, counter: Counter, amount: float = 1) -> None:
        """Increment a counter soon; call it in the event loop's thread."""
        if counter in self._amounts:
            self._amounts[counter] += amount
        else:
            if not self._amounts:
                asyncio.get_running_loop().call_soon(self._write)
            self._amounts[counter] = amount

    def _write(self) -> None:
        amounts, self._amounts = self._amounts, {}
        for counter, amount in amounts.items():
            counter.inc(amount)
