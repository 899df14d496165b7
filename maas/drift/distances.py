"""Distances between two distributions in cells, and what they are expected to be by chance.

With p and q the shares of n training and m later rows in k cells:

- the population stability index is PSI = sum (p - q) ln(p / q), Jeffreys' divergence. A cell that
  is empty in one of them would make it infinite, so half a row of the smaller sample is added to
  each cell, as a share of both.
- the Jensen-Shannon divergence, to base 2, is 0 for equal and 1 for disjoint distributions.

Where both are samples of one distribution, PSI / (1/n + 1/m) is about chi-squared with k - 1
degrees of freedom (Yurdakul and Naranjo 2020, "Statistical properties of the population stability
index"). So its mean, the bias, is (k - 1)(1/n + 1/m), and its quantiles say what chance alone
exceeds how rarely.
"""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def population_stability(expected: Floats, found: Floats, starts: Places) -> Floats:
    """The PSI of each field, with its bias.

    Args:
        expected: rows per cell, of all fields one after the other.
        found: other rows per cell.
        starts: the place of the first cell of each field.

    Returns:
        Shape (fields,).
    """
    p, q, sizes = _shares(expected, starts), _shares(found, starts), _sizes(expected, starts)
    rows = np.minimum(_sums(expected, starts), _sums(found, starts))
    added = np.repeat(0.5 / np.maximum(rows, 1), sizes)
    sums = np.add.reduceat((p - q) * np.log((p + added) / (q + added)), starts)
    return np.asarray(sums, dtype=np.float64)


def jensen_shannon(expected: Floats, found: Floats, starts: Places) -> Floats:
    """The Jensen-Shannon divergence of each field, to base 2; arguments as above."""
    p, q = _shares(expected, starts), _shares(found, starts)
    middle = (p + q) / 2
    terms = (_relative(p, middle) + _relative(q, middle)) / 2
    return np.clip(np.add.reduceat(terms, starts), 0.0, 1.0)


def used_cells(expected: Floats, found: Floats, starts: Places) -> Places:
    """How many cells of each field have a row; at least one."""
    used = np.add.reduceat(((expected > 0) | (found > 0)).astype(np.intp), starts)
    return np.maximum(used, 1)


def chance(degrees: Floats, probability: float) -> Floats:
    """What a chi-squared variable exceeds with a probability (Wilson and Hilferty 1931).

    Args:
        degrees: of freedom; 0 where nothing varies.
        probability: less than a half.
    """
    z = NormalDist().inv_cdf(1 - probability)
    spread = 2 / (9 * np.maximum(degrees, 1))
    found: Floats = degrees * (1 - spread + z * np.sqrt(spread)) ** 3
    return found


def _shares(rows: Floats, starts: Places) -> Floats:
    totals = np.maximum(_sums(rows, starts), 1e-9)
    found: Floats = rows / np.repeat(totals, _sizes(rows, starts))
    return found


def _sums(rows: Floats, starts: Places) -> Floats:
    return np.asarray(np.add.reduceat(rows, starts), dtype=np.float64)


def _sizes(rows: Floats, starts: Places) -> Places:
    return np.diff(np.append(starts, len(rows)))


def _relative(p: Floats, q: Floats) -> Floats:
    """P log2(p / q), 0 where p is 0."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    found: Floats = p * np.log2(ratio)
    return found
