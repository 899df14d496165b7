"""The signature's input bound, computed under the pins.

What is under the digest must not come from onnxruntime, whose kernels depend on the CPU. So an
exported graph is evaluated in float32 by `onnx.reference`, which computes with numpy alone.
"""

from functools import cached_property
from typing import Any

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
from sklearn.pipeline import Pipeline

from maas.model.input_bound import find_input_bound
from maas.model.scorers import INPUT, Array, Matrix
from maas.model.signature import FLOAT32_MAX, Signature
from maas.training.fit.estimators import splits_by_value


def compute_input_bound(pipeline: Pipeline, signature: Signature, graph: bytes | None) -> float:
    """Find the largest magnitude of a number with which the model's sums stay finite.

    Args:
        pipeline: the fitted pipeline, from its `encode` step on.
        signature: what the model takes and gives.
        graph: the exported model; None: the pipeline itself is served.
    """
    if splits_by_value(pipeline[-1]):
        return FLOAT32_MAX  # a tree compares inputs and adds up leaves: no input enters a sum
    if graph is None:
        return find_input_bound(_PipelineScorer(pipeline), signature)
    try:
        return find_input_bound(_GraphScorer(graph), signature)
    except _EvaluationError:
        return find_input_bound(_Float32Scorer(pipeline), signature)


class _EvaluationError(Exception):
    """`onnx.reference` cannot evaluate the graph: its SVMClassifier fails for two classes."""


class _GraphScorer:
    """The exported graph, evaluated by numpy."""

    def __init__(self, graph: bytes) -> None:
        self._graph = graph

    @cached_property
    def _session(self) -> Any:
        return ReferenceEvaluator(onnx.load_model_from_string(self._graph))

    def _run(self, matrix: Matrix) -> list[Array]:
        try:
            outputs: list[Array] = self._session.run(None, {INPUT: matrix})
        except MemoryError:
            raise
        except Exception as error:  # each operator fails in its own way
            raise _EvaluationError(str(error)) from error
        return outputs

    def predict(self, matrix: Matrix) -> Array:
        return self._run(matrix)[0]

    def predict_proba(self, matrix: Matrix) -> tuple[Array, Array]:
        labels, probabilities = self._run(matrix)[:2]
        return labels, probabilities


class _PipelineScorer:
    """The pipeline behind its encoder, as the runtime sklearn serves it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._model = pipeline[1:]

    def predict(self, matrix: Matrix) -> Array:
        numbers: Array = self._model.predict(matrix)
        return numbers

    def predict_proba(self, matrix: Matrix) -> tuple[Array, Array]:
        return self._model.predict(matrix), self._model.predict_proba(matrix)


class _Float32Scorer(_PipelineScorer):
    """The pipeline, whose sums are infinite where float32 cannot hold them."""

    def predict(self, matrix: Matrix) -> Array:
        return super().predict(matrix).astype(np.float32)

    def predict_proba(self, matrix: Matrix) -> tuple[Array, Array]:
        has_sums = hasattr(self._model, "decision_function")
        scores = (self._model.decision_function if has_sums else self._model.predict_proba)(matrix)
        return self._model.predict(matrix), scores.astype(np.float32)
