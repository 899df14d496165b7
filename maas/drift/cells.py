"""The cells in which the training rows and later rows are compared: bins, put together.

Few rows in many bins differ by chance, so the bins of a feature are put together to about ten:
numbers in their order, to about equal training counts. Nulls and what training did not see are
cells of their own, where they can occur.

Which categories are put together must not follow from the noise in their training counts. In a
cell of those that training happened to count rarely, other rows are more frequent: such cells
differ from any fresh sample. So a category has a cell of its own if it is frequent, and all others
are dealt to cells in the order of a hash. The threshold is a tenth of the rows: about ten
categories at most can be near it, and those that chance leaves below it are dealt as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from maas.drift.bins import Bins, read_count, values_of
from maas.model.signature import Feature

MAX_GROUPS = 10
"""Customary for the PSI (Siddiqi 2006, "Credit Risk Scorecards")."""

# With fewer, the PSI of a cell has a longer tail than chi-squared.
_MIN_ROWS = 10

# The share of later rows beyond the largest of n training rows is 1 / (n + 1) on average (Laplace's
# rule of succession), and training itself counts none there.
_BEYOND = 1.0


@dataclass(frozen=True)
class Cells:
    """The cells of one feature or of the predictions.

    Attributes:
        cell_of: for each count of its bins, the cell that it belongs to.
        expected: reference rows per cell.
        new: what is added to them if later rows have as many values that training could not see
            as is estimated: more in the cells of such values, fewer in those of rare categories.
        noise: how much more the estimate of a cell varies than a count, on average; at least 1.
        missing: the place of the count of nulls; None: there is none.
        unseen: the places of the counts outside of what training saw.
    """

    cell_of: tuple[int, ...]
    expected: tuple[float, ...]
    new: tuple[float, ...]
    noise: float
    missing: int | None
    unseen: tuple[int, ...]


def feature_cells(bins: Bins, feature: Feature, record: Mapping[str, Any], unknown: str) -> Cells:
    """The cells of a feature.

    Args:
        bins: of the feature.
        feature: of the signature.
        record: its entry in reference.json.
        unknown: what the signature does with a category that training did not see.

    Raises:
        ValueError: the record holds something else than counts.
    """
    counts, nulls = _counts(bins, record), read_count(record.get("nulls"), bins.name)
    beside = {"nulls": (nulls, 0.0)} if feature.nullable or nulls else {}
    if bins.labels is None:
        outside = {"below": (0, _BEYOND), "above": (0, _BEYOND)}
        return _make(bins, range(len(counts)), _group(counts), counts, outside | beside)
    groups = _deal(bins.labels, counts)
    if feature.type != "category":
        return _make(bins, range(len(counts)), groups, counts, beside)
    once = [float(count == 1) for count in counts]
    if unknown == "ignore":
        beside = {"unseen": (0, max(sum(once), _BEYOND))} | beside
    return _make(bins, range(len(counts)), groups, counts, beside, once)


def prediction_cells(bins: Bins, record: Mapping[str, Any]) -> Cells:
    """The cells of the predictions; numbers outside of the training range are bins like others.

    Args:
        bins: of the predictions.
        record: `target` of reference.json, or its `prediction`.

    Raises:
        ValueError: the record holds something else than counts.
    """
    counts = _counts(bins, record)
    if bins.labels is not None:
        return _make(bins, range(len(counts)), _deal(bins.labels, counts), counts, {})
    outside = [float(read_count(record.get(name, 0), bins.name)) for name in bins.others]
    places = [bins.bins, *range(bins.bins), bins.bins + 1]
    counts = [*counts, *outside]
    return _make(bins, places, _group([counts[place] for place in places]), counts, {})


def _counts(bins: Bins, record: Mapping[str, Any]) -> list[float]:
    found = values_of(bins.name, record, bins.labels)
    if len(found) != bins.bins:
        raise ValueError(f"{bins.name}: counts of other bins")
    return [float(read_count(count, bins.name)) for count in found]


def _group(counts: Sequence[float]) -> list[int]:
    """The group of each bin: the tenth of all rows in which its middle row is.

    A bin of many rows is alone in its group, and the bins on its two sides are in others.
    """
    total = sum(counts)
    if not total:
        return [0] * len(counts)
    ends = np.cumsum(counts)
    middles = (ends - np.array(counts) / 2) / total
    return [min(MAX_GROUPS - 1, int(MAX_GROUPS * middle)) for middle in middles.tolist()]


def _deal(labels: Sequence[str], counts: Sequence[float]) -> list[int]:
    """The group of each category: alone if it is frequent, else dealt by a hash of its label."""
    least = max(sum(counts) / MAX_GROUPS, _MIN_ROWS)
    groups = list(range(len(counts)))
    rest = [place for place in groups if counts[place] < least]
    rest.sort(key=lambda place: sha256(labels[place].encode(errors="surrogatepass")).digest())
    rows = sum(counts[place] for place in rest)
    hands = max(1, int(min(MAX_GROUPS, rows / _MIN_ROWS)))
    dealt = [rest[hand::hands] for hand in range(min(hands, len(rest)))]
    for hand in _merge(dealt, counts):
        for place in hand:
            groups[place] = hand[0]
    return groups


def _merge(hands: list[list[int]], counts: Sequence[float]) -> list[list[int]]:
    """Put the two of fewest rows together until each has enough."""

    def rows(hand: list[int]) -> float:
        return sum(counts[place] for place in hand)

    hands = sorted(hands, key=rows)
    while len(hands) > 1 and rows(hands[0]) < _MIN_ROWS:
        hands = sorted([hands[0] + hands[1], *hands[2:]], key=rows)
    return hands


def _make(
    bins: Bins,
    order: Sequence[int],
    groups: Sequence[int],
    counts: Sequence[float],
    beside: Mapping[str, tuple[float, float]],
    once: Sequence[float] = (),
) -> Cells:
    """Number the cells.

    Args:
        bins: of the field.
        order: the places of its counts.
        groups: the group of each of them.
        counts: by place.
        beside: the rows of the cells beside the groups, and how many new ones are estimated.
        once: by place, 1 for a category that occurs once in training.
    """
    names = {group: cell for cell, group in enumerate(dict.fromkeys(groups))}
    cell_of, expected, new = [0] * bins.size, [0.0] * len(names), [0.0] * len(names)
    for place, group in zip(order, groups, strict=True):
        cell_of[place] = names[group]
        expected[names[group]] += counts[place]
        new[names[group]] -= once[place] if once else 0.0
    noise = _noise(expected, new, counts.count(2)) if once else 1.0
    for name, (rows, more) in beside.items():
        cell_of[bins.bins + bins.others.index(name)] = len(expected)
        expected.append(rows)
        new.append(more)
    places = {name: bins.bins + place for place, name in enumerate(bins.others)}
    unseen = tuple(place for name, place in places.items() if name != "nulls")
    return Cells(tuple(cell_of), tuple(expected), tuple(new), noise, places.get("nulls"), unseen)


def _noise(expected: Sequence[float], new: Sequence[float], twice: int) -> float:
    """How much more the estimates of what is left in the cells vary than counts, on average.

    Of a category of Poisson count c, max(0, c - [c = 1]) estimates the later rows in it if c > 0
    (Good 1953, "The population frequencies of species"). The variance of its error is
    E[c - [c = 1] + 2 [c = 2]], at most twice the mean.
    """
    cells = [place for place, less in enumerate(new) if less]
    if not cells:
        return 1.0
    left = sum(expected[place] + new[place] for place in cells)
    ratio = min(1.0, 2 * twice / left) if left else 1.0
    return 1.0 + ratio * len(cells) / len(expected)
