"""The held-out rows that the service refuses, which the metrics must leave out.

With `preprocessing.unknown: error` the service answers no row with a category that training did
not see. Metrics that counted such rows would describe answers that nobody gets.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from maas.errors import DataError
from maas.model.checks import Rule, rule_of
from maas.model.signature import Signature
from maas.registry.run_warnings import HeldOutRecord, describe_refusals, refusal_remedy
from maas.tables.columns import Values

# The largest share of the held-out rows that may be refused: beyond it, the metrics would speak
# of chosen rows. One row is let pass whatever its share: it says little about a share.
_MAX_SHARE = 0.05
_MAX_SINGLE = 1


@dataclass(frozen=True)
class Refusals:
    """Which held-out rows the service refuses.

    Attributes:
        refused: shape (held-out rows,).
        record: their numbers; all 0 where none is refused.
    """

    refused: npt.NDArray[np.bool_]
    record: HeldOutRecord


def find_refusals(signature: Signature, held_out: pd.DataFrame) -> Refusals:
    """Find the rows that the row type of a signature refuses, column by column.

    Args:
        signature: with its input bound.
        held_out: a column per feature, as `Dataset.frame` gives them.
    """
    refused = np.zeros(len(held_out), dtype=bool)
    by_feature: dict[str, int] = {}
    for feature in signature.features:
        wrong = _is_refused(held_out[feature.name].to_numpy(), rule_of(feature, signature))
        if wrong.any():
            by_feature[feature.name] = int(wrong.sum())
            refused |= wrong
    counts = {"rows": len(held_out), "refused": int(refused.sum()), "by_feature": by_feature}
    return Refusals(refused, HeldOutRecord.model_validate(counts))


def answer_all(rows: int) -> Refusals:
    """No refusals: versions of older schemas were measured on all held-out rows."""
    record = HeldOutRecord(rows=rows, refused=0, by_feature={})
    return Refusals(np.zeros(rows, dtype=bool), record)


def check_refusals(source: str, record: HeldOutRecord, signature: Signature) -> None:
    """Refuse a run whose service would refuse too many rows of its own data.

    Raises:
        DataError: it refuses more than 5 % of the held-out rows, and more than one; or all.
    """
    if are_too_many(record.refused, record.rows):
        what = f"cannot be measured: the service would refuse {describe_refusals(record)}"
        remedy = refusal_remedy(record, signature, "add `--set preprocessing.unknown=ignore`")
        raise DataError(source, what, remedy)


def are_too_many(refused: int, rows: int) -> bool:
    """Whether the service would refuse too many held-out rows: then the run is refused."""
    return refused > max(_MAX_SINGLE, _MAX_SHARE * rows) or refused == rows


def _is_refused(values: Values, rule: Rule) -> npt.NDArray[np.bool_]:
    gaps = np.asarray(pd.isna(values), dtype=bool)
    refused = np.zeros(len(values), dtype=bool) if rule.nullable else gaps.copy()
    if rule.kind in ("number", "integer"):
        refused |= np.abs(values) > rule.bound  # NaN is not
    if rule.categories is not None:
        refused |= ~gaps & ~np.asarray(pd.Series(values).isin(rule.categories), dtype=bool)
    return refused
