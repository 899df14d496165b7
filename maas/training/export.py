"""The fitted pipeline as bytes: canonical ONNX, and a pickle."""

import copy
import io
import warnings
from typing import Any

import joblib
import numpy as np
import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from maas.errors import ConfigError
from maas.model.scorers import INPUT
from maas.training.failure import first_line
from maas.training.fit.pipeline import EXPORTED

# The newest operator sets that skl2onnx 1.20 supports for every listed estimator.
OPSET = {"": 21, "ai.onnx.ml": 3}


def export_onnx(pipeline: Pipeline, features: int) -> bytes:
    """Convert the exported steps to ONNX with one float32 input, shape (rows, features).

    The bytes depend on the fitted values only: there are no versions and no counters in names,
    and operator sets and fields are sorted.

    Raises:
        ConfigError: the estimator cannot be exported.
    """
    try:
        return _canonical(_convert(pipeline, features))
    except MemoryError:
        raise
    except Exception as error:  # every converter has its own error types
        name = type(pipeline[-1]).__name__
        what = f"{name} cannot be exported to ONNX ({first_line(error)})"
        raise ConfigError("estimator", what, "set `runtime: sklearn`") from None


def _convert(pipeline: Pipeline, features: int) -> Any:
    # Probabilities, if there are any, as a matrix and not as a list of maps.
    matrix = is_classifier(pipeline) and hasattr(pipeline, "predict_proba")
    pipeline = _number_booleans(pipeline)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the parity check finds what they hint at
        return to_onnx(
            pipeline[EXPORTED],
            initial_types=[(INPUT, FloatTensorType([None, features]))],
            options={id(pipeline[-1]): {"zipmap": False}} if matrix else None,
            target_opset=OPSET,
        )


def _number_booleans(pipeline: Pipeline) -> Pipeline:
    """Copy a pipeline with boolean classes, with 0 and 1 instead: ONNX has no boolean labels."""
    if getattr(pipeline[-1], "classes_", np.empty(0)).dtype != bool:
        return pipeline
    copied = copy.deepcopy(pipeline)
    parts = [copied[-1]]
    while parts:
        part = parts.pop()
        if getattr(part, "classes_", np.empty(0)).dtype == bool:
            part.classes_ = part.classes_.astype(np.int64)
        parts += list(np.ravel(np.array(getattr(part, "estimators_", ()), dtype=object)))
    return copied


def export_pickle(pipeline: Pipeline) -> bytes:
    """Pickle the fitted pipeline with joblib, uncompressed."""
    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.getvalue()


def _canonical(model: onnx.ModelProto) -> bytes:
    versions = {entry.domain: entry.version for entry in model.opset_import}
    del model.opset_import[:]
    for domain in sorted(versions):
        model.opset_import.append(onnx.helper.make_opsetid(domain, versions[domain]))
    model.graph.name = "model"
    for field in ("producer_name", "producer_version", "doc_string", "domain"):
        model.ClearField(field)
    del model.metadata_props[:]
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
