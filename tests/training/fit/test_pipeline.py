"""The pipeline: what its steps make of rows, and that its encoder is the service's."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from maas.errors import ConfigError
from maas.model.encoding import Encoder
from maas.model.signature import Feature
from maas.training.fit.pipeline import EXPORTED, build_pipeline
from tests.model.graphs import feature, signature
from tests.training.fitted import config

FEATURES = (
    feature("k", "category", nullable=True),
    feature("n", nullable=True),
    feature("b", "boolean"),
)
ROWS = pd.DataFrame(
    {
        "k": ["a", None, "é", "a"],
        "n": [1.0, np.nan, 3.0, 4.0],
        "b": [1.0, 0.0, 1.0, 1.0],
    }
)


def fit(
    features: tuple[Feature, ...] = FEATURES,
    rows: pd.DataFrame = ROWS,
    estimator: str = "Ridge",
    **preprocessing: str,
) -> Pipeline:
    setting = config(estimator, preprocessing=preprocessing)
    return build_pipeline(setting, features).fit(rows, np.arange(len(rows), dtype=float))


def test_its_first_step_encodes_as_the_service_does():
    made = signature(*FEATURES, unknown="ignore")
    rows = ROWS.assign(k=["a", "new", "é", None])
    records = [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.assign(b=rows["b"].astype(bool)).to_dict("records")
    ]
    expected = Encoder(made).encode_records(records)
    assert expected is not None
    matrix = fit()["encode"].transform(rows)
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, expected)


def test_numbers_are_rounded_to_float32_before_they_are_computed_with():
    rows = pd.DataFrame({"x": [16_777_217.0, 0.1, 1.0]})
    pipeline = fit((feature("x"),), rows, scale="none")
    matrix = pipeline[:2].transform(rows)
    assert matrix.dtype == np.float64
    assert matrix.ravel().tolist() == [16_777_216.0, float(np.float32(0.1)), 1.0]


@pytest.mark.parametrize(
    ("impute", "number"), [("median", 3), ("mean", 8 / 3), ("most_frequent", 1), ("auto", 3)]
)
def test_a_gap_is_filled_in_among_numbers(impute: str, number: float):
    prepared = fit(impute=impute, scale="none")[:-1].transform(ROWS)
    assert prepared[1, 0] == pytest.approx(number)
    assert prepared[0, 0] == 1


def test_a_category_is_a_column_of_its_own_and_a_gap_is_in_none():
    prepared = fit(impute="mean", scale="none")[:-1].transform(ROWS.assign(k=["a", None, "é", "x"]))
    assert prepared[:, 2:].tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_ordinal_categories_stay_codes():
    prepared = fit(encode="ordinal", impute="mean", scale="none")[:-1].transform(ROWS)
    assert prepared[:, 2:].ravel().tolist() == [0, -1, 2, 0]


def test_standard_numbers_have_mean_zero_and_deviation_one():
    prepared = fit(scale="standard")[:-1].transform(ROWS)
    np.testing.assert_allclose(prepared[:, :2].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(prepared[:, :2].std(axis=0), 1)


@pytest.mark.parametrize(
    ("estimator", "nullable", "steps"),
    [
        ("Ridge", True, ["impute", "scale"]),
        ("Ridge", False, ["scale"]),
        ("RandomForestRegressor", True, ["impute"]),
        ("RandomForestRegressor", False, None),
        ("HistGradientBoostingRegressor", True, None),
    ],
)
def test_what_is_prepared_by_default_depends_on_gaps_and_estimator(
    estimator: str, nullable: bool, steps: list[str] | None
):
    pipeline = build_pipeline(config(estimator), [feature("x", nullable=nullable)])
    if steps is None:
        assert [name for name, _ in pipeline[EXPORTED].steps] == ["model"]
    else:
        (_, numbers, _) = pipeline["prepare"].transformers[0]
        assert list(numbers.named_steps) == steps


def test_a_row_may_hold_categories_alone():
    rows = pd.DataFrame({"k": ["a", "b", "é", None]})
    pipeline = fit((feature("k", "category"),), rows)
    assert pipeline[:-1].transform(rows).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_an_unknown_estimator_is_refused():
    with pytest.raises(ConfigError, match="is not a known estimator"):
        build_pipeline(config("Magic"), FEATURES)
