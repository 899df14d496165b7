"""The steps of a draft: read the file, judge the target and the columns, try, choose."""

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from maas.errors import InputError
from maas.registry.manifest import SCHEMA_VERSION
from maas.tables.draft import draft_column
from maas.tables.target_draft import draft_target
from maas.tables.unknown.seen_column import number
from maas.tables.unknown.unknown_file import UnknownFile
from maas.training.draft.draft import Draft
from maas.training.draft.estimator import choose_estimator
from maas.training.draft.other_splits import keep_splits
from maas.training.draft.rehearsal import rehearse
from maas.training.draft.trial import Trial, check_features, try_draft
from maas.training.example import example_row

# A text of fewer rows may have none among the training rows.
_MIN_ROWS_PER_TEXT = 5

# With more texts in all categories together, trees get each as a number instead of a column of its
# own. To boosted trees that makes no difference but in time: 327 000 rows of flights with 123 texts
# took a quarter of it. To a linear model such numbers mean nothing.
_MAX_ONEHOT = {"HistGradientBoosting": 20, "RandomForest": 200}

_MAX_NAME = 40


def make_draft(file: UnknownFile, source: str, target: str) -> Draft:
    """Draft a config for a file.

    Args:
        file: what was read of it.
        source: for `data.source`.
        target: the column to predict.

    Raises:
        InputError: the file has no such column.
        DataError: it cannot be predicted, or not from this file.
    """
    columns = file.columns
    if target not in columns:
        raise _missing(file.name, target, list(columns))
    wanted = draft_target(file.name, columns[target])
    drafts = tuple(map(draft_column, file.columns_beside(target)))
    forms = {draft.column: draft.form for draft in drafts if draft.form is not None}
    if wanted.form is not None:
        forms[target] = wanted.form
    name = name_model(source)
    draft = Draft(
        file=file.name,
        source=source,
        model_name=name,
        models_dir=f"models/{name}",
        extent=file.extent,
        is_whole=file.is_whole,
        dialect=replace(file.dialect, forms=forms),
        target=wanted,
        columns=drafts,
        estimator=choose_estimator(wanted, file.rows, file.is_whole),
        encoding_seen=file.encoding_seen,
        doubts=file.doubts,
    )
    check_features(draft)
    texts = [column.column for column in drafts if column.type == "category"]
    table = file.read_again(forms, texts)
    trial = try_draft(draft, table)
    drafted = rehearse(_finish(trial), trial.data.rows * len(trial.data.columns))
    return keep_splits(drafted, trial.data, table)


def _missing(file: str, target: str, names: Sequence[str]) -> InputError:
    near = difflib.get_close_matches(
        target.strip().casefold(), [n.strip().casefold() for n in names], n=1
    )
    found = [name for name in names if near and name.strip().casefold() == near[0]]
    known = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
    hint = f"did you mean {found[0]!r}?" if found else f"choose one of {known}"
    return InputError(f"--target {target!r}", f"is not a column of {file}", hint)


def name_model(source: str) -> str:
    """A valid name for the model of a file."""
    stem = Path(source).name.partition(".")[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_NAME].strip("-") or "model"


def _finish(trial: Trial) -> Draft:
    """Choose what depends on the rows that are left, and give an example."""
    data = trial.data
    texts = [column for column in data.columns if column.type == "category"]
    sizes = {c.name: pd.Series(c.values).value_counts() for c in texts}
    rare = [name for name, counts in sizes.items() if counts.min() < _MIN_ROWS_PER_TEXT]
    total = sum(map(len, sizes.values()))
    draft = replace(trial.draft, example=example_row(data.columns, trial.train, SCHEMA_VERSION))
    if rare or (texts and not draft.is_whole):
        seen = "a text that no training row has counts as missing; error: it is refused"
        draft = replace(draft, unknown="ignore", texts_seen=seen)
    most = (n for name, n in _MAX_ONEHOT.items() if draft.estimator.name.startswith(name))
    if total > next(most, total):
        seen = f"{number(total)} texts in all categories, each a number and no column"
        draft = replace(draft, encode="ordinal", texts_seen=seen)
    return draft
