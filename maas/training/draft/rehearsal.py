"""Trains a draft once where that takes seconds, so that what it says is known to work."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from maas.errors import InputError
from maas.training.data import read_dataset
from maas.training.draft.draft import Draft
from maas.training.draft.estimator import other_estimator
from maas.training.run import build

# Values of a table that is trained: rows times features. More may take long.
_MAX_VALUES = 500_000


def rehearse(draft: Draft, values: int) -> Draft:
    """Read the file and train as `train.py` will; where that is refused, try something else.

    That is another estimator, then the first without ONNX. The first that is trained is taken:
    nothing is chosen by its metrics.

    Args:
        draft: to train.
        values: rows times features.

    Raises:
        InputError: none can be trained on these rows; says why the first could not.
    """
    if not draft.is_whole or values > _MAX_VALUES:
        return draft
    data = read_dataset(replace(draft, source=draft.file).config(), Path())
    errors: list[InputError] = []
    for tried in _alternatives(draft):
        # Nothing of it is kept, so the process need not be pinned.
        config = tried.config().model_copy(update={"numerics": "native"})
        try:
            # One thread, as `train.py` has: several wait for each other on a busy machine.
            with warnings.catch_warnings(), threadpool_limits(1):
                warnings.simplefilter("ignore")
                build(config, data)
        except InputError as error:
            errors.append(error)
        else:
            return tried
    raise errors[0]


def _alternatives(draft: Draft) -> Iterator[Draft]:
    yield draft
    yield replace(draft, estimator=other_estimator(draft.target, draft.estimator))
    yield replace(draft, runtime="sklearn")
