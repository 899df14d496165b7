"""Turns a fitted pipeline into the bytes of a version: canonical ONNX and a pickle."""

import io
import warnings
from typing import Any

import joblib
import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from maas.errors import ConfigError
from maas.predictor import INPUT

OPSET = {"": 21, "ai.onnx.ml": 3}
"""The newest operator sets that skl2onnx 1.20 writes for every listed estimator."""


def export_onnx(pipeline: Pipeline, features: int) -> bytes:
    """Convert all steps behind `encode` into ONNX with one float32 input, shape (rows, features).

    The bytes depend on the fitted values alone: no version, no name that counts up,
    operator sets sorted, fields in order.

    Raises:
        ConfigError: the estimator has no ONNX form.
    """
    options: dict[int, Any] = {}
    if is_classifier(pipeline):
        options[id(pipeline[-1])] = {"zipmap": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parity check is the judge, not hints
            model = to_onnx(
                pipeline[1:],
                initial_types=[(INPUT, FloatTensorType([None, features]))],
                options=options,
                target_opset=OPSET,
            )
    except (MissingConverter, MissingShapeCalculator, RuntimeError, NotImplementedError) as error:
        name = type(pipeline[-1]).__name__
        what = f"{name} cannot be exported to ONNX ({str(error).strip().splitlines()[0]})"
        raise ConfigError("estimator", what, "choose another estimator or other params") from None
    return _canonical(model)


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
