"""Responses: what is predicted in the types of the signature, and nothing that JSON lacks."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from maas.model.row import row_type
from maas.registry.manifest import Manifest
from maas.serving.api.responses import (
    ModelResponse,
    PredictBatchResponse,
    PredictProbaResponse,
    PredictResponse,
    label_type,
)
from tests.model.graphs import feature, numbers, signature
from tests.samples import make_manifest

Row = row_type(signature(feature("a b"), feature("class", "category", nullable=True)))
ROW = Row.model_validate({"a b": 1, "class": None})


@pytest.mark.parametrize(
    ("classes", "accepted", "refused"),
    [
        (("p", "q"), ["p", "q"], ["r", "", 1, None]),
        ((0, 7), [0, 7], [1, "7", None]),
        ((False, True), [False, True], [2, "true", None]),
        (None, [0.5, -1e300, 3], ["x", None, float("nan"), float("inf")]),
    ],
)
def test_a_prediction_is_one_of_the_classes_or_a_finite_number(
    classes: tuple | None, accepted: list, refused: list
):
    label = label_type(numbers(1, classes=classes))
    given = {"input": ROW, "model_version": 3}
    for value in accepted:
        response = PredictResponse[Row, label](prediction=value, **given)
        assert json.loads(response.model_dump_json())["prediction"] == value
    for value in refused:
        with pytest.raises(ValidationError, match="prediction"):
            PredictResponse[Row, label](prediction=value, **given)


def test_a_row_is_given_back_under_the_names_of_the_api():
    response = PredictResponse[Row, float](input=ROW, prediction=1.5, model_version=3)
    assert response.model_dump_json() == (
        '{"input":{"a b":1.0,"class":null},"prediction":1.5,"model_version":3}'
    )


def test_the_probabilities_of_a_row_are_finite():
    content = {"input": ROW, "prediction": "p", "model_version": 3}
    response = PredictProbaResponse[Row, str](probabilities={"p": 0.75, "q": 0.25}, **content)
    assert json.loads(response.model_dump_json())["probabilities"] == {"p": 0.75, "q": 0.25}
    with pytest.raises(ValidationError, match="finite"):
        PredictProbaResponse[Row, str](probabilities={"p": float("nan")}, **content)
    with pytest.raises(ValidationError, match="missing"):
        PredictProbaResponse[Row, str](**content)


def test_a_batch_has_probabilities_only_where_they_were_asked_for():
    without = PredictBatchResponse[str](predictions=["p"], model_version=3)
    assert without.model_dump_json() == '{"predictions":["p"],"model_version":3}'
    asked = PredictBatchResponse[str](predictions=[], model_version=3, probabilities=[])
    assert asked.model_dump_json() == '{"predictions":[],"model_version":3,"probabilities":[]}'


@pytest.mark.parametrize("predictions", [["r"], ["p", 1], [None]])
def test_a_batch_with_another_class_is_refused(predictions: list):
    label = label_type(numbers(1, classes=("p", "q")))
    with pytest.raises(ValidationError, match="predictions"):
        PredictBatchResponse[label](predictions=predictions, model_version=3)


def test_the_document_of_the_model_is_the_manifest_and_where_it_is_served():
    manifest = make_manifest()
    own = {"version": 3, "tag": "m:v3", "app_env": "prod", "release": None, "shadow": None}
    response = ModelResponse(**dict(manifest), **own)
    assert json.loads(response.model_dump_json()) == json.loads(manifest.to_bytes()) | own


def schema(kind: Any) -> dict[str, Any]:
    return TypeAdapter(kind).json_schema(mode="serialization")


def test_the_schema_names_the_classes_and_what_is_always_there():
    label = label_type(numbers(1, classes=("p", "q")))
    single = schema(PredictResponse[Row, label])
    assert single["properties"]["prediction"]["enum"] == ["p", "q"]
    assert set(single["required"]) == {"input", "prediction", "model_version"}
    assert "probabilities" not in schema(PredictBatchResponse[label])["required"]
    assert set(Manifest.model_fields) < set(schema(ModelResponse)["properties"])
