"""Which held-out rows are left out of the metrics: exactly those that the row type refuses."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from maas.errors import DataError
from maas.model.row import row_type
from maas.model.signature import FLOAT32_MAX, Signature
from maas.registry.run_warnings import HeldOutRecord
from maas.training.refusals import check_refusals, find_refusals
from tests.model.graphs import feature, signature

NAN = float("nan")
NUMBERS = [0.0, -0.0, 1.5, 1e20, -1e20, np.nextafter(1e20, 2e20), -1.1e20, FLOAT32_MAX, NAN, 7.0]
COLUMNS: dict[str, list[Any]] = {
    "number": NUMBERS,
    "integer": [1e20 if n == 1.5 else n for n in NUMBERS],
    "boolean": [0.0, 1.0, NAN, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, NAN],
    "category": ["a", "b", "é", None, "e", "", "a ", "A", "b", "a"],
}


def table(unknown: str, **changes: Any) -> tuple[Signature, pd.DataFrame]:
    """Columns of each kind, with and without null: mostly their first value, which is valid."""
    generator = np.random.default_rng(0)
    features, columns = [], {}
    for kind, values in COLUMNS.items():
        for nullable in (False, True):
            name = f"{kind} {nullable}"
            features.append(feature(name, kind, nullable=nullable))
            dtype = object if kind == "category" else np.float64
            places = generator.choice(10, 400, p=[0.91] + [0.01] * 9)
            columns[name] = pd.Series(np.array(values, dtype=dtype)[places], dtype=dtype)
    return signature(*features, unknown=unknown, **changes), pd.DataFrame(columns)


def to_json(kind: str, value: Any) -> Any:
    if value is None or value != value:
        return None
    return bool(value) if kind == "boolean" else value


@pytest.mark.parametrize("bound", [None, 1e20])
@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_the_refused_rows_are_those_that_the_row_type_refuses(unknown: str, bound: float | None):
    made, frame = table(unknown, input_bound=bound)
    kinds = {feature.name: feature.type for feature in made.features}
    row, refused, by_feature = row_type(made), [], Counter[str]()
    for record in frame.to_dict("records"):
        given = {name: to_json(kinds[name], value) for name, value in record.items()}
        try:
            row.model_validate(given)
        except ValidationError as error:
            refused.append(True)
            by_feature.update({str(problem["loc"][0]) for problem in error.errors()})
        else:
            refused.append(False)
    found = find_refusals(made, frame)
    assert found.refused.tolist() == refused
    assert 0 < sum(refused) < 400
    assert found.record.by_feature == dict(by_feature)
    assert (found.record.rows, found.record.refused) == (400, sum(refused))


def record(rows: int, refused: int, **by_feature: int) -> HeldOutRecord:
    return HeldOutRecord(rows=rows, refused=refused, by_feature=by_feature)


PLACES = signature(feature("city", "category"), feature("size"), input_bound=1e20)


@pytest.mark.parametrize(("rows", "refused"), [(16, 0), (16, 1), (2, 1), (40, 2), (100, 5)])
def test_a_single_row_or_a_twentieth_may_be_refused(rows: int, refused: int):
    check_refusals("data", record(rows, refused, city=refused or 1), PLACES)


@pytest.mark.parametrize(("rows", "refused"), [(1, 1), (2, 2), (16, 2), (39, 2), (100, 6)])
def test_more_are_too_many_to_measure_the_model(rows: int, refused: int):
    with pytest.raises(DataError) as caught:
        check_refusals("data", record(rows, refused, city=refused), PLACES)
    assert str(caught.value) == (
        f"data: cannot be measured: the service would refuse {refused} of {rows} held-out rows "
        f"('city': {refused}); add `--set preprocessing.unknown=ignore`: a category that no "
        "training row has then counts as missing"
    )


def test_numbers_beyond_the_bound_have_a_remedy_of_their_own():
    with pytest.raises(DataError) as caught:
        check_refusals("data", record(10, 4, city=1, size=3), PLACES)
    assert "4 of 10 held-out rows ('size': 3, 'city': 1)" in caught.value.what
    assert caught.value.remedy.endswith(
        "; correct or rescale 'size': the model computes with numbers up to 1e+20"
    )
