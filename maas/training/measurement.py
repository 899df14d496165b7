"""What a run measures with the held-out rows, and what it warns of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from maas.model.signature import Signature
from maas.registry.manifest import SchemaVersion
from maas.registry.run_warnings import FIRST_SCHEMA_WITH_RECORDS, HeldOutRecord, WarningRecord
from maas.training.data import Dataset
from maas.training.fit.fit import FitResult
from maas.training.fit.metrics import compute_metrics
from maas.training.refusals import answer_all, check_refusals, find_refusals
from maas.training.suspects import find_suspects


@dataclass(frozen=True)
class Measurement:
    """The metrics of a run, and what they leave out.

    Attributes:
        metrics: name -> value on the held-out rows that the service answers.
        held_out: the held-out rows, and how many the service refuses.
        answered: which held-out rows the service answers, shape (held-out rows,).
        suspects: features that are probably a mistake.
        warnings: the warnings of scikit-learn.
    """

    metrics: dict[str, float]
    held_out: HeldOutRecord
    answered: npt.NDArray[np.bool_]
    suspects: tuple[WarningRecord, ...]
    warnings: tuple[str, ...]


def measure(
    data: Dataset,
    fitted: FitResult,
    signature: Signature,
    held_out: pd.DataFrame,
    verified: SchemaVersion | None,
) -> Measurement:
    """Measure a fitted pipeline by the rules of a schema.

    Args:
        data: what the run was given.
        fitted: on its training rows.
        signature: with its input bound.
        held_out: the held-out rows, a column per feature.
        verified: the schema of the published version that is verified; None for a new run.

    Raises:
        DataError: the service would refuse too many rows, or too few are left to measure with.
    """
    has_records = verified is None or verified >= FIRST_SCHEMA_WITH_RECORDS
    refusals = find_refusals(signature, held_out) if has_records else answer_all(len(held_out))
    if verified is None or refusals.refused.all():
        check_refusals(data.source, refusals.record, signature)
    answered = ~refusals.refused
    metrics, warnings = compute_metrics(
        data.source,
        signature.task,
        data.target[fitted.held_out][answered],
        fitted.predictions[answered],
    )
    suspects = find_suspects(data, fitted.train, signature.task) if has_records else ()
    caught = (*fitted.warnings, *warnings)
    return Measurement(metrics, refusals.record, answered, suspects, caught)
