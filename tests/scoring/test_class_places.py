"""A graph that answers with places decides as the one that answers with texts."""

import numpy as np
import pyarrow as pa
import pytest

from maas.model.scorers import OnnxScorer
from maas.scoring.class_places import answer_with_places
from maas.training.export import export_onnx
from tests.model.graphs import classifier_graph
from tests.training.fitted import config, fitted, table

ROWS = np.random.default_rng(1).normal(size=(2000, 2)).astype(np.float32)


def make_graph(estimator: str, classes: int) -> tuple[bytes, list[str]]:
    """A graph of classes that are bands of the first column."""
    given = table(rows=400)
    bands = np.floor(np.argsort(np.argsort(given["a"].to_numpy())) * classes / 400)
    labels = [f"band {int(band)}" for band in bands]
    given = given.set_column(given.column_names.index("y"), "y", pa.array(labels))
    *_, result = fitted(config(estimator), given)
    return export_onnx(result.pipeline, 2), sorted(set(labels))


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("estimator", ["LogisticRegression", "LinearDiscriminantAnalysis"])
def test_places_are_those_of_the_texts_and_probabilities_have_the_same_bits(
    estimator: str, classes: int
):
    graph, texts = make_graph(estimator, classes)
    changed = answer_with_places(graph, texts)
    assert changed is not None
    named, probabilities = OnnxScorer(graph).predict_proba(ROWS)
    places, same = OnnxScorer(changed).predict_proba(ROWS)
    assert [texts[place] for place in places.reshape(-1)] == named.reshape(-1).tolist()
    assert len(set(places.reshape(-1).tolist())) == classes
    assert same.tobytes() == probabilities.tobytes()


def test_other_graphs_stay_as_they_are():
    assert answer_with_places(*make_graph("DecisionTreeClassifier", 2)) is None
    numbers = classifier_graph([1.0], (0, 1))
    assert answer_with_places(numbers, (0, 1)) is None
    assert answer_with_places(numbers, ()) is None
