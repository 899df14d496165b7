"""Rows to answers: labels, probabilities, numbers, and the row that cannot be computed."""

import numpy as np
import pytest

from maas.errors import OverflowingRowError, ParityError
from maas.model.predictor import Predictor
from maas.model.scorers import Matrix, OnnxScorer
from maas.model.signature import FLOAT32_MAX, Label
from tests.model.graphs import classifier_graph, linear_graph, numbers


def rows(*values: float) -> Matrix:
    return np.array(values, dtype=np.float32).reshape(-1, 1)


def regressor(*weights: float) -> Predictor:
    return Predictor(OnnxScorer(linear_graph(weights)), numbers(len(weights)))


def classifier(classes: tuple[Label, ...], known: tuple = (0, 1)) -> Predictor:
    made = numbers(1, task="classification", classes=classes, probabilities=True)
    return Predictor(OnnxScorer(classifier_graph([1.0], known)), made)


@pytest.mark.parametrize(
    ("classes", "known", "names"),
    [
        (("no", "yes"), ("no", "yes"), ["no", "yes"]),
        ((0, 1), (0, 1), ["0", "1"]),
        ((-5, 2**40), (-5, 2**40), ["-5", "1099511627776"]),
        ((False, True), (0, 1), ["false", "true"]),
    ],
)
def test_answers_are_the_classes_of_the_signature(
    classes: tuple[Label, ...], known: tuple, names: list[str]
):
    predictor = classifier(classes, known)
    matrix = rows(-2, 2, 3)
    expected = [classes[0], classes[1], classes[1]]
    labels, probabilities = predictor.predict_proba(matrix)
    for answers in (predictor.predict(matrix), labels, predictor.score(matrix)[0]):
        assert answers == expected
        assert [type(answer) for answer in answers] == [type(label) for label in expected]
    assert [list(row) for row in probabilities] == [names] * 3
    sigmoid = 1 / (1 + np.exp([2.0, -2.0, -3.0]))
    assert [row[names[1]] for row in probabilities] == pytest.approx(sigmoid, abs=1e-6)
    assert [sum(row.values()) for row in probabilities] == pytest.approx([1] * 3, abs=1e-6)


def test_an_answer_that_is_not_one_of_the_classes_is_refused():
    with pytest.raises(ParityError, match="answers 1, which is not one of its classes"):
        classifier((0, 7)).predict(rows(2))


def test_a_regressor_answers_one_number_per_row():
    matrix = np.array([[1, 2], [0.5, 0.25]], dtype=np.float32)
    answers = regressor(1, 2).predict(matrix)
    assert answers == [5.0, 1.0]
    assert all(type(answer) is float for answer in answers)


def test_no_rows_have_no_answers():
    empty = np.empty((0, 1), dtype=np.float32)
    assert regressor(1).predict(empty) == []
    assert classifier((0, 1)).predict(empty) == []
    assert classifier((0, 1)).predict_proba(empty) == ([], [])


# A few numbers and many are looked at in two ways, and both must find the row.
@pytest.mark.parametrize("count", [1, 3, 64, 65, 1000])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_first_row_whose_sum_overflows_is_named(count: int, sign: int):
    predictor = regressor(2)
    largest = FLOAT32_MAX / 2
    assert predictor.predict(rows(*[sign * largest] * count)) == [sign * FLOAT32_MAX] * count
    for place in {0, count // 2, count - 1}:
        matrix = rows(*[sign * largest] * count)
        matrix[place:] *= 1.5
        with pytest.raises(OverflowingRowError) as caught:
            predictor.predict(matrix)
        assert caught.value.row == place


def test_overflows_of_opposite_signs_do_not_hide_each_other():
    with pytest.raises(OverflowingRowError, match="row 1: is too large"):
        regressor(2).predict(rows(1, FLOAT32_MAX, -FLOAT32_MAX))


@pytest.mark.parametrize("count", [2, 200])
def test_a_row_whose_probabilities_cannot_be_computed_is_named(count: int):
    made = numbers(2, task="classification", classes=(0, 1), probabilities=True)
    predictor = Predictor(OnnxScorer(classifier_graph([10.0, 10.0], (0, 1))), made)
    matrix = np.ones((count, 2), dtype=np.float32)
    assert len(predictor.predict_proba(matrix)[0]) == count
    matrix[-1] = FLOAT32_MAX  # softmax takes infinity from infinity
    for ask in (predictor.predict_proba, predictor.score):
        with pytest.raises(OverflowingRowError) as caught:
            ask(matrix)
        assert caught.value.row == count - 1


def test_a_model_that_cannot_answer_fails_when_it_is_warmed():
    regressor(1, 2).warm()
    with pytest.raises(Exception, match="invalid dimensions"):
        Predictor(OnnxScorer(linear_graph([1, 2])), numbers(3)).warm()
