"""How much of the long suites runs: a slice in `make test`, more in CI, all in `make attack-…`.

The variable ATTACK is `ci` or `whole`; without it the slice runs.
"""

import os
from typing import TypeVar

import pytest

T = TypeVar("T")

SIZES = ("slice", "ci", "whole")
SIZE = SIZES.index(os.environ.get("ATTACK") or "slice")


def choose(slice_: T, ci: T, whole: T) -> T:
    """The figure for the size that runs."""
    return (slice_, ci, whole)[SIZE]


long_attack = pytest.mark.skipif(SIZE == 0, reason="a long attack: ATTACK=ci runs a part of it")
waits_long = pytest.mark.skipif(SIZE == 0, reason="waits for replaced workers: ATTACK=ci runs it")
