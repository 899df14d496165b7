"""The largest numbers that a model can compute with: found at training, promised by the API."""

import numpy as np
import pytest

from maas.config.paths import PROJECT
from maas.config.train_config import ModelConfig
from maas.errors import ParityError
from maas.model.input_bound import find_input_bound
from maas.model.predictor import Predictor
from maas.model.scorers import OnnxScorer
from maas.model.signature import FLOAT32_MAX
from maas.tables.reading import read_table
from maas.training.checks.parity import measure_parity
from maas.training.data import make_dataset
from maas.training.export import export_onnx
from maas.training.fit.fit import fit
from maas.training.input_bound import compute_input_bound
from maas.training.run import build_signature


def fitted(name: str, source: str, **params):
    content = {
        "data": {"source": source, "target": "target"},
        "estimator": {"name": name, "params": params},
    }
    config = ModelConfig.model_validate(content)
    data = make_dataset(config, read_table(source, PROJECT))
    frame = data.frame()
    result = fit(config, data, frame)
    signature = build_signature(config, data, result)
    graph = export_onnx(result.pipeline, len(signature.features))
    return result, signature, graph, frame.iloc[result.held_out]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("LogisticRegression", "wine"),
        ("Ridge", "diabetes"),
        ("MLPRegressor", "diabetes"),
        ("LinearDiscriminantAnalysis", "breast_cancer"),
        ("KNeighborsClassifier", "wine"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_numpy_and_onnxruntime_find_the_same_bound(name: str, source: str):
    result, signature, graph, _ = fitted(name, source)
    bound = compute_input_bound(result.pipeline, signature, graph)
    assert bound == find_input_bound(OnnxScorer(graph), signature)
    assert bound == FLOAT32_MAX or np.log10(bound) == round(np.log10(bound))


@pytest.mark.parametrize("name", ["RandomForestRegressor", "HistGradientBoostingRegressor"])
def test_trees_are_bounded_by_float32_alone(name: str):
    result, signature, graph, _ = fitted(name, "diabetes")
    assert compute_input_bound(result.pipeline, signature, graph) == FLOAT32_MAX
    assert find_input_bound(OnnxScorer(graph), signature) == FLOAT32_MAX


def test_a_graph_that_numpy_cannot_evaluate_is_bounded_by_the_pipeline_s_sums():
    result, signature, graph, held_out = fitted(
        "SVC", "breast_cancer", kernel="linear", probability=True
    )
    bound = compute_input_bound(result.pipeline, signature, graph)
    assert 1e25 < bound < 1e38
    predictor = Predictor(OnnxScorer(graph), signature.model_copy(update={"input_bound": bound}))
    assert measure_parity(result.pipeline, predictor, held_out, 1.0).held_out > 100


def test_a_bound_at_which_the_served_model_overflows_is_refused():
    result, signature, graph, held_out = fitted("Ridge", "diabetes")
    signature = signature.model_copy(update={"input_bound": FLOAT32_MAX})
    predictor = Predictor(OnnxScorer(graph), signature)
    with pytest.raises(ParityError, match="its input bound"):
        measure_parity(result.pipeline, predictor, held_out, 1.0)
