"""The train config: what fits together, what is refused, and what determines the model."""

from typing import Any

import pytest
from pydantic import ValidationError

from maas.config.train_config import GateConfig, ReleaseGateConfig, SplitConfig, TrainConfig


def config(**changes: Any) -> TrainConfig:
    content: dict[str, Any] = {
        "model_name": "m",
        "data": {"source": "s", "target": "t"},
        "estimator": {"name": "Ridge"},
    }
    return TrainConfig.model_validate(content | changes)


@pytest.mark.parametrize("name", ["a", "9", "a-b.c_d", "a" * 63, "a--b"])
def test_a_model_name_that_bentoml_takes_as_a_tag_is_valid(name: str):
    from bentoml import Tag

    assert config(model_name=name).model_name == Tag(name).name


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a" * 64, "a:b", "a/b", "a b", "ä", "a\n"])
def test_another_model_name_is_refused(name: str):
    with pytest.raises(ValidationError, match="model_name"):
        config(model_name=name)


@pytest.mark.parametrize(
    ("method", "column", "valid"),
    [
        (None, None, True),
        ("random", None, True),
        ("stratified", None, True),
        ("group", "c", True),
        ("time", "c", True),
        ("group", None, False),
        ("time", None, False),
        ("random", "c", False),
        (None, "c", False),
    ],
)
def test_a_split_has_a_column_where_its_method_needs_one(method, column, valid: bool):
    if valid:
        assert SplitConfig(method=method, column=column).column == column
    else:
        with pytest.raises(ValidationError, match="need `column`"):
            SplitConfig(method=method, column=column)


@pytest.mark.parametrize("size", [0, 1, 0.0, 1.0, -0.1, "0.2", float("nan")])
def test_a_split_leaves_rows_on_both_sides(size):
    with pytest.raises(ValidationError, match="test_size"):
        SplitConfig(test_size=size)


def test_a_gate_has_a_bound_and_leaves_room():
    assert GateConfig(min=0.5, max=0.5).min == 0.5
    assert GateConfig(max=-1).max == -1
    for bounds, said in (({}, "needs `min` or `max`"), ({"min": 1, "max": 0}, "is above")):
        with pytest.raises(ValidationError, match=said):
            GateConfig(**bounds)


def test_a_release_gate_has_a_bound_and_leaves_room():
    assert ReleaseGateConfig(min_delta=-0.01).max_delta is None
    assert ReleaseGateConfig(min_delta=0, max_delta=0).min_delta == 0
    for bounds, said in (
        ({}, "needs `min_delta` or `max_delta`"),
        ({"min_delta": 1, "max_delta": 0}, "is above"),
        ({"min_delta": float("nan")}, "finite"),
    ):
        with pytest.raises(ValidationError, match=said):
            ReleaseGateConfig(**bounds)


@pytest.mark.parametrize(
    "params",
    [{"a": float("inf")}, {"a": [{"b": float("nan")}]}, {"a": {1, 2}}, {"a": b"x"}, {"a": object}],
)
def test_params_that_no_manifest_could_hold_are_refused(params: dict):
    with pytest.raises(ValidationError, match="finite numbers, strings, lists and mappings only"):
        config(estimator={"name": "Ridge", "params": params})


@pytest.mark.parametrize(
    "change",
    [
        {"features": {}},
        {"features": {"": "A"}},
        {"features": {"a": ""}},
        {"features": {"a": {"column": ""}}},
        {"features": ["a"]},
        {"exclude": ["", ""]},
        {"exclude": ["a", "a"]},
        {"exclude": "a"},
        {"exclude": [1]},
        {"source": ""},
    ],
)
def test_a_name_is_never_empty(change: dict):
    with pytest.raises(ValidationError, match="data"):
        config(data={"source": "s", "target": "t"} | change)


@pytest.mark.parametrize(
    "changes",
    [
        {"model_name": "other"},
        {"app": {"name": "other", "env": "prod"}},
        {"paths": {"models_dir": "other"}},
        {"logging": {"level": "DEBUG"}},
        {"gates": {"r2": {"min": 0.5}}},
        {"release_gates": {"r2": {"min_delta": 0}}},
        {"estimator": {"name": "Ridge", "params": {"n_jobs": 4}}},
    ],
)
def test_what_does_not_change_the_model_does_not_determine_it(changes: dict):
    assert config(**changes).determining == config().determining


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"runtime": "sklearn"},
        {"numerics": "native"},
        {"data": {"source": "s", "target": "other"}},
        {"data": {"source": "s", "target": "t", "exclude": ["a"]}},
        {"split": {"test_size": 0.3}},
        {"preprocessing": {"encode": "ordinal"}},
        {"estimator": {"name": "Ridge", "params": {"alpha": 2}}},
    ],
)
def test_what_changes_the_model_determines_it(changes: dict):
    assert config(**changes).determining != config().determining


def test_what_determines_the_model_is_a_copy():
    made = config(estimator={"name": "Ridge", "params": {"n_jobs": 2, "alpha": 1.0}})
    assert made.determining.estimator.params == {"alpha": 1.0}
    assert made.estimator.params == {"n_jobs": 2, "alpha": 1.0}


def test_a_column_without_a_name_can_be_excluded():
    data = {"source": "s", "target": "t", "exclude": ["", "a"]}
    assert config(data=data).data.exclude == ("", "a")


def test_excluded_columns_are_recorded_where_there_are_any():
    data = {"source": "s", "target": "t"}
    assert "exclude" not in config(data=data).determining.model_dump(mode="json")["data"]
    made = config(data=data | {"exclude": ["b", "a"]}).determining
    written = made.model_dump(mode="json")
    assert written["data"]["exclude"] == ["b", "a"]
    assert type(made).model_validate(written) == made
