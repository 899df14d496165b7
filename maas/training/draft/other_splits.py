"""Keeps the other splits that a draft names if they work where one replaces the split."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from maas.config.train_config import SplitConfig
from maas.errors import DataError
from maas.tables.column_draft import ColumnDraft
from maas.training.data import Dataset, make_dataset
from maas.training.draft.draft import Draft, remove_forms
from maas.training.refusals import are_too_many
from maas.training.split import Indices, split_rows


def keep_splits(draft: Draft, data: Dataset, table: pa.Table) -> Draft:
    """Remove the splits that these rows do not allow; all stay if the file was not read whole.

    Args:
        draft: that names them, complete.
        data: its rows, as training reads them.
        table: the rows that they were read from.
    """
    if not draft.is_whole:
        return draft
    named = [column for column in draft.columns if column.split is not None]
    refused = {c.column for c in named if not _works(draft, c, data, table)}
    columns = [replace(c, split=None) if c.column in refused else c for c in draft.columns]
    unused = [c.column for c in columns if c.column in refused and c.left_out]
    return remove_forms(replace(draft, columns=tuple(columns)), unused)


def _works(draft: Draft, column: ColumnDraft, data: Dataset, table: pa.Table) -> bool:
    """Whether training takes the rows, divided by a column."""
    config = draft.config()
    name, entry = next(iter((config.data.features or {}).items()))
    split = SplitConfig.model_validate({"method": column.split, "column": column.column})
    one_feature = config.data.model_copy(update={"features": {name: entry}})
    config = config.model_copy(update={"data": one_feature, "split": split})
    try:
        keys = make_dataset(config, table).keys
        train, held_out = split_rows(config, replace(data, keys=keys), draft.target.task)
    except DataError:
        return False
    if any(pd.isna(column.values[train]).all() for column in data.columns):
        return False
    refuses = draft.unknown != "ignore"
    return not (refuses and are_too_many(_count_unknown(data, train, held_out), len(held_out)))


def _count_unknown(data: Dataset, train: Indices, held_out: Indices) -> int:
    """How many held-out rows have a text that no training row has."""
    unknown = np.zeros(len(held_out), dtype=bool)
    for column in data.columns:
        if column.type == "category":
            values, known = pd.Series(column.values[held_out]), column.values[train]
            unknown |= np.asarray(values.notna() & ~values.isin(known), dtype=bool)
    return int(unknown.sum())
