"""An invalid config is explained by its first key: the value, what is wrong and what to do."""

from typing import Annotated, Any, Self

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

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


@pytest.mark.parametrize("name", ["int", "str", "float", "GateConfig", "literal['a']", "[key]"])
def test_a_key_that_is_called_as_a_type_is_shown(name: str):
    what, _ = explained(VALID | {"gates": {name: {"min": "x"}}})
    assert what == f"gates.{name}.min = 'x': Input should be a valid number"
    data = VALID["data"] | {"features": {name: {"column": 1}}}
    what, _ = explained(VALID | {"data": data})
    assert what.startswith(f"data.features.{name}.column = 1: ")
    what, remedy = explained(VALID | {"split": {name: 1}})
    assert what == f"unknown key split.{name} = 1"
    assert remedy == "known keys: column, method, test_size"


def test_a_key_that_is_not_valid_is_named_once():
    what, _ = explained(VALID | {"gates": {"": {"min": 1}}})
    assert what == "gates. = '': String should have at least 1 character"


def test_an_unknown_key_of_one_of_several_types_is_compared_with_its_keys():
    data = VALID["data"] | {"features": {"str": {"column": "A", "tipe": "number"}}}
    what, remedy = explained(VALID | {"data": data})
    assert what == "unknown key data.features.str.tipe = 'number'"
    assert remedy == "did you mean type?"


def test_a_key_that_begins_as_another_one_is_counted():
    what, _ = explained(VALID | {"gates": {"r2": {"min": "x"}, "r2x": {"min": "x"}}})
    assert what.endswith(" (and 1 more)")


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int


class Checked(Wheel):
    spokes: int

    @model_validator(mode="after")
    def _check(self) -> Self:
        return self


class Car(BaseModel):
    wheels: dict[str, list[Wheel | Checked] | dict[str, int] | None] = {}
    spare: Annotated[Wheel | Checked | None, Field()] = None


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"wheels": {"list": [{"size": "x"}]}}, "wheels.list.0.size"),
        ({"wheels": {"list": {"Wheel": "x"}}}, "wheels.list.Wheel"),
        ({"spare": {"size": "x"}}, "spare.size"),
        ({"spare": {"size": 1, "spokes": "x"}}, "spare.spokes"),
    ],
)
def test_only_the_names_of_types_are_left_out(content: dict[str, Any], key: str):
    with pytest.raises(ValidationError) as caught:
        Car.model_validate(content)
    assert key in explain(caught.value, Car)[0]
