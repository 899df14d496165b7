"""Rows, good and bad, and the types that take them one by one and by column."""

import random

from pydantic import TypeAdapter

from maas.model.row import row_type
from maas.model.signature import Feature, Signature
from maas.serving.api.batch_type import batch_type

FEATURES = (
    Feature(name="number", column="n", type="number", minimum=0.0, maximum=1.0),
    Feature(name="kind", column="k", type="category", categories=("a", "b", "é")),
    Feature(name="whole", column="w", type="integer", minimum=0.0, maximum=9.0),
    Feature(name="flag", column="f", type="boolean"),
    Feature(name="gap", column="g", type="number", nullable=True, minimum=0.0, maximum=1.0),
    Feature(name="rare", column="r", type="category", nullable=True, categories=("x", "y")),
)
GOOD = {
    "number": [0, 1, -2.5, 1e30, 0.1, 16777217, 1e-45],
    "kind": ["a", "b", "é"],
    "whole": [0, 7, 3.0, -4, 2**53 + 1],
    "flag": [True, False],
    "gap": [None, 0.5, 3],
    "rare": ["x", "y", None],
}
BAD = ["1", True, None, 1e39, -1e300, 1.5, "unknown", [], {}, float("nan"), float("inf"), 10**400]


def make(unknown: str, features=FEATURES) -> tuple[Signature, type, TypeAdapter, TypeAdapter]:
    signature = Signature(
        features=features, unknown=unknown, target="t", task="regression", example={}
    )
    row = row_type(signature)
    quick = TypeAdapter(batch_type(row, signature, 500))
    return signature, row, quick, TypeAdapter(list[row])


def good_row(rng: random.Random) -> dict:
    return {name: rng.choice(values) for name, values in GOOD.items()}
