"""The columns of the answers: types and names, for every kind of class."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from maas.errors import OverflowingRowError, ParityError
from maas.registry.loading import load_predictor
from maas.scoring.answers import Answers, answer_schema, probability_names
from tests.model.graphs import feature
from tests.scoring.hand_made import make_signature, publish

MATRIX = np.array([[3.0], [-3.0], [0.25], [-0.5]], dtype=np.float32)
TEXTS = pa.dictionary(pa.int32(), pa.string())


def make(folder: Path, classes: Any, probabilities: bool, weight: float = 1.0) -> Answers:
    version = publish(folder, make_signature([feature("a")], classes, input_bound=1e6), [weight])
    return Answers(load_predictor(version), probabilities)


@pytest.mark.parametrize(
    ("classes", "kind", "counted"),
    [
        ((False, True), pa.bool_(), [True, False, True, False]),
        ((4, 7), pa.int64(), [7, 4, 7, 4]),
        (("no", "yes"), TEXTS, [1, 0, 1, 0]),
    ],
)
def test_a_label_is_a_value_of_its_class(tmp_path: Path, classes: Any, kind: Any, counted: Any):
    answers = make(tmp_path, classes, probabilities=True)
    columns, values = answers.answer(MATRIX)
    assert [field.type for field in answers.schema] == [kind, pa.float64(), pa.float64()]
    assert [column.type for column in columns] == answers.schema.types
    no, yes = classes
    assert columns[0].to_pylist() == [yes, no, yes, no]
    assert values.tolist() == counted


def test_probabilities_are_those_of_the_predictor_to_the_bit(tmp_path: Path):
    answers = make(tmp_path, ("no", "yes"), probabilities=True)
    (_, no, yes), _ = answers.answer(MATRIX)
    _, given = answers._predictor.predict_proba(MATRIX)
    assert yes.to_pylist() == [row["yes"] for row in given]
    assert no.to_pylist() == [row["no"] for row in given]


def test_the_texts_of_labels_are_the_classes_in_their_order(tmp_path: Path):
    answers = make(tmp_path, ("no", "yes"), probabilities=False)
    (column,), _ = answers.answer(MATRIX[:1])
    assert column.dictionary.to_pylist() == ["no", "yes"]


def test_numbers_are_float64_with_the_value_of_the_api(tmp_path: Path):
    answers = make(tmp_path, None, probabilities=False, weight=0.1)
    (column,), values = answers.answer(MATRIX)
    assert column.type == pa.float64()
    assert column.to_pylist() == answers._predictor.predict(MATRIX)
    assert values.tolist() == column.to_pylist()


def test_many_rows_are_answered_as_few_are(tmp_path: Path):
    answers = make(tmp_path, ("no", "yes"), probabilities=True)
    wide = np.linspace(-9, 9, 10_000, dtype=np.float32).reshape(-1, 1)
    columns, values = answers.answer(wide)
    assert len(values) == 10_000
    for place in (0, 4095, 4096, 9999):
        alone, _ = answers.answer(wide[place : place + 1])
        assert [c[0].as_py() for c in alone] == [c[place].as_py() for c in columns]


def test_a_row_that_overflows_is_named(tmp_path: Path):
    answers = make(tmp_path, None, probabilities=False, weight=1e38)
    with pytest.raises(OverflowingRowError) as raised:
        answers.answer(np.array([[1], [1e6]], dtype=np.float32))
    assert raised.value.row == 1


@pytest.mark.parametrize(("given", "classes"), [((4, 7), (4, 8)), (("no", "yes"), ("no", "ja"))])
def test_an_answer_that_is_no_class_is_an_error(tmp_path: Path, given: Any, classes: Any):
    from maas.model.predictor import Predictor

    inner = make(tmp_path, given, probabilities=False)._predictor
    signature = inner.signature.model_copy(update={"classes": classes})
    answers = Answers(Predictor(inner._scorer, signature), probabilities=False)
    with pytest.raises(ParityError, match="not one of its classes"):
        answers.answer(MATRIX)


def test_columns_are_named_after_the_classes_as_the_api_names_them():
    assert probability_names(make_signature([feature("a")], (False, True))) == [
        "probability_false",
        "probability_true",
    ]
    assert probability_names(make_signature([feature("a")], (4, 7))) == [
        "probability_4",
        "probability_7",
    ]
    regression = make_signature([feature("a")])
    assert answer_schema(regression, probabilities=False).names == ["prediction"]
