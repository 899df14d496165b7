"""An invalid config is explained by its first key: the value, what is wrong and what to do."""

from typing import Any

import pytest
from pydantic import ValidationError

from maas.config.explanation import explain
from maas.config.train_config import TrainConfig

VALID: dict[str, Any] = {
    "model_name": "m",
    "data": {"source": "s", "target": "t"},
    "estimator": {"name": "Ridge"},
}


def explained(content: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        TrainConfig.model_validate(content)
    return explain(caught.value, TrainConfig)


@pytest.mark.parametrize(
    ("changes", "what", "remedy"),
    [
        (
            {"seed": -1},
            "seed = -1: Input should be greater than or equal to 0",
            "correct the value",
        ),
        ({"data": {"source": "s"}}, "data.target is missing", "add `data.target:` and a value"),
        ({"sed": 1}, "unknown key sed = 1", "did you mean seed?"),
        (
            {"paths": {"zzz": "x"}},
            "unknown key paths.zzz = 'x'",
            "known keys: logs_dir, models_dir",
        ),
        (
            {"paths": {"model_dir": "x"}},
            "unknown key paths.model_dir = 'x'",
            "did you mean models_dir?",
        ),
        (
            {"gates": {"r2": {"min": 1.0, "max": 0.0}}},
            "gates.r2 = {'min': 1.0, 'max': 0.0}: `min` is above `max`",
            "correct the value",
        ),
        (
            {"split": {"method": "time"}},
            "split = {'method': 'time'}: the methods group and time need `column`; "
            "the others do not take it",
            "correct the value",
        ),
        (
            {"runtime": "torch"},
            "runtime = 'torch': Input should be 'onnx' or 'sklearn'",
            "correct the value",
        ),
    ],
)
def test_a_problem_is_a_key_its_value_and_a_remedy(changes: dict, what: str, remedy: str):
    assert explained(VALID | changes) == (what, remedy)


def test_a_value_of_several_types_is_explained_once_by_the_deepest_problem():
    data = VALID["data"] | {"features": {"a": {"column": "A", "type": "text"}}}
    what, remedy = explained(VALID | {"data": data})
    assert what.startswith("data.features.a.type = 'text': Input should be 'number', 'integer'")
    assert (what.count("data.features"), "more)" in what) == (1, False)
    assert remedy == "correct the value"


def test_all_that_a_value_could_have_been_is_said():
    data = VALID["data"] | {"features": {"a": 5}}
    what, _ = explained(VALID | {"data": data})
    assert what.startswith("data.features.a = 5: ")
    assert ", or " in what


@pytest.mark.parametrize(
    ("changes", "more"),
    [({}, ""), ({"runtime": 1}, " (and 1 more)"), ({"runtime": 1, "zzz": 2}, " (and 2 more)")],
)
def test_the_other_invalid_keys_are_counted(changes: dict, more: str):
    what, _ = explained(VALID | {"seed": -1} | changes)
    assert what == f"seed = -1: Input should be greater than or equal to 0{more}"
