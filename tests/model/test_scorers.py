"""onnxruntime and the pickled pipeline answer the same matrix alike."""

import io
import threading

import joblib
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_info, threadpool_limits

from maas.model.scorers import OnnxScorer, SklearnScorer, make_scorer
from maas.training.export import export_onnx, export_pickle
from tests.model.graphs import linear_graph
from tests.training.fitted import config, fitted, table

ROWS = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)


def scorers(estimator: str, **columns) -> tuple[OnnxScorer, SklearnScorer]:
    _, _, done = fitted(config(estimator), table(**columns))
    return OnnxScorer(export_onnx(done.pipeline, 2)), SklearnScorer(export_pickle(done.pipeline))


def test_both_runtimes_give_a_classifier_s_labels_and_probabilities():
    for scorer in scorers("LogisticRegression"):
        labels, probabilities = scorer.predict_proba(ROWS)
        assert labels.tolist() == scorer.predict(ROWS).tolist()
        assert probabilities.shape == (50, 2)
        assert set(labels.tolist()) == {"p", "q"}
        assert np.array_equal(np.array(["p", "q"])[probabilities.argmax(axis=1)], labels)
    onnx, sklearn = scorers("LogisticRegression")
    assert onnx.predict(ROWS).tolist() == sklearn.predict(ROWS).tolist()
    np.testing.assert_allclose(
        onnx.predict_proba(ROWS)[1], sklearn.predict_proba(ROWS)[1], rtol=0, atol=1e-6
    )


def test_both_runtimes_give_a_regressor_s_numbers():
    onnx, sklearn = scorers("Ridge", y=np.arange(60.0))
    expected = sklearn.predict(ROWS).reshape(-1)
    np.testing.assert_allclose(onnx.predict(ROWS).reshape(-1), expected, rtol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_scorer_takes_any_number_of_rows(threads: int):
    scorer = make_scorer("onnx", linear_graph([1, 10, 100]), threads)
    for count in (1, 2, 1000):
        rows = np.tile(np.array([[1, 2, 3]], dtype=np.float32), (count, 1))
        assert scorer.predict(rows).tolist() == [[321]] * count


def test_a_runtime_refuses_the_file_of_the_other():
    _, _, done = fitted(config(), table())
    assert make_scorer("sklearn", export_pickle(done.pipeline)).predict(ROWS).shape == (50,)
    with pytest.raises(Exception, match=r"[Pp]rotobuf"):
        make_scorer("onnx", export_pickle(done.pipeline))


def test_a_pickle_computes_with_one_thread_in_each_thread_that_asks_it():
    model = HistGradientBoostingClassifier(max_iter=2).fit(ROWS, ROWS[:, 0] > 0)
    file = io.BytesIO()
    joblib.dump(make_pipeline("passthrough", model), file)
    scorer = SklearnScorer(file.getvalue())
    counts: list[int] = []

    def ask() -> None:
        threadpool_limits(2)  # as a thread that is new on a machine of two CPUs
        scorer.predict(ROWS)
        counts.extend(library["num_threads"] for library in threadpool_info())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert set(counts) == {1}
