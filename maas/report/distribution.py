"""The distribution of the values of a feature or of the answers, as shares of the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maas.report.numbers import format_share

OTHERS = {
    "below": "below all training values",
    "above": "above all training values",
    "unseen": "not seen in training",
    "nulls": "missing",
}
"""The counts that are of no bin, in words."""


@dataclass(frozen=True)
class Distribution:
    """Shares of the rows.

    Attributes:
        name: what rows they are, in a word or two.
        rows: their number.
        shares: of each bin or label.
        others: of the values that are in none, by their key in `OTHERS`.
    """

    name: str
    rows: int
    shares: tuple[float, ...]
    others: Mapping[str, float]

    def say_others(self) -> str:
        """What is in no bin, in words; "" where nothing is."""
        shares = {what: self.others.get(key, 0) for key, what in OTHERS.items()}
        return ", ".join(f"{format_share(s)} {what}" for what, s in shares.items() if s)


def read_distribution(
    name: str, record: Mapping[str, Any], labels: Sequence[str] = ()
) -> Distribution:
    """The shares of counts, as reference.json and `BinCounts.to_json` have them.

    Args:
        name: what rows they are.
        record: of a feature or the answers.
        labels: the order of the labels; none where the bins are intervals.
    """
    counts = record["counts"]
    inside = [counts.get(label, 0) for label in labels] if isinstance(counts, Mapping) else counts
    others = {key: record.get(key, 0) for key in OTHERS}
    rows = sum(inside) + sum(others.values())
    whole = rows or 1
    return Distribution(
        name,
        rows,
        tuple(count / whole for count in inside),
        {key: count / whole for key, count in others.items()},
    )
