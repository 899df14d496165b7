"""Drafts made by hand."""

from dataclasses import replace
from typing import Any

from maas.tables.column_draft import ColumnDraft
from maas.tables.dialect import Dialect
from maas.tables.target_draft import TargetDraft
from maas.training.draft.draft import Draft, EstimatorDraft

DRAFT = Draft(
    file="flats.csv",
    source="flats.csv",
    model_name="flats",
    models_dir="models/flats",
    extent="all of its 20 rows",
    is_whole=True,
    dialect=Dialect(),
    target=TargetDraft("rent", "regression", "20 different numbers"),
    columns=(ColumnDraft("size", "number: 19 values"),),
    estimator=EstimatorDraft("Ridge", {}, "suits 20 rows"),
)


def draft(**changes: Any) -> Draft:
    """The draft of a file of two columns, with changes."""
    return replace(DRAFT, **changes)
