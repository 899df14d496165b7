"""Versions of any signature, made in milliseconds: the model is a small graph, not trained."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from maas.model.scorers import INPUT
from maas.model.signature import Feature, Label, Signature, label_text
from maas.registry.manifest import DataRecord, Manifest, ParityRecord
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.report.parts import BaselineRecord, MetricRecord
from maas.report.record import Report
from tests.model.graphs import classifier_graph, linear_graph
from tests.samples import CONFIG, REPORT_RECORD, RUN


def make_signature(
    features: Sequence[Feature], classes: Sequence[Label] | None = None, **changes: Any
) -> Signature:
    content = {
        "features": tuple(features),
        "target": "t",
        "task": "regression" if classes is None else "classification",
        "classes": None if classes is None else tuple(classes),
        "probabilities": classes is not None,
        "example": {feature.name: _example(feature) for feature in features},
    }
    return Signature(**(content | changes))


def _example(feature: Feature) -> Any:
    if feature.type == "category":
        return (feature.categories or ("",))[0]
    return {"number": 0.5, "integer": 0, "boolean": True}[feature.type]


def publish(
    models: Path,
    signature: Signature,
    weights: Sequence[float] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Version:
    """Publish a version that answers the weighted sum of a row, or a class by its sigmoid.

    A gap counts as 0. The keys of `data` say how the files are written that it was trained on.
    """
    chosen = weights or [0.5 + place for place in range(len(signature.features))]
    files = {
        "model.onnx": _make_graph(signature, chosen),
        "saved_model.pkl": b"pickle",
        "reference.json": json.dumps(make_reference(signature)).encode(),
        "report.json": make_report(signature).model_dump_json().encode(),
    }
    manifest = Manifest.seal(
        files,
        model_name="m",
        config=CONFIG | {"data": CONFIG["data"] | dict(data or {})},
        data=DataRecord(source="s", sha256="0" * 64, rows=3),
        signature=signature,
        metrics={"r2" if signature.classes is None else "accuracy": 0.5},
        runtime="onnx",
        parity=ParityRecord(passed=True, tolerance=1e-5),
    )
    registry = Registry(models)
    registry.prepare("m")
    return registry.publish(manifest, files, RUN, ())


def make_report(signature: Signature) -> Report:
    """A report as training writes it, with little in it."""
    if signature.classes is None:
        return REPORT_RECORD
    answer = label_text(signature.classes[0])
    changes = {
        "task": "classification",
        "headline": "accuracy",
        "metrics": {"accuracy": MetricRecord(value=0.5, low=0.2, high=0.7, baseline=0.3)},
        "baseline": BaselineRecord(name="DummyClassifier", strategy="prior", answer=answer),
    }
    return REPORT_RECORD.model_copy(update=changes)


def _make_graph(signature: Signature, weights: Sequence[float]) -> bytes:
    if signature.classes is None:
        return _take_gaps_as_zero(linear_graph(weights))
    labels = [int(label) if isinstance(label, bool) else label for label in signature.classes]
    return _take_gaps_as_zero(classifier_graph(weights, labels))


def _take_gaps_as_zero(graph: bytes) -> bytes:
    model = onnx.load_from_string(graph)
    zero = onnx.numpy_helper.from_array(np.zeros(1, dtype=np.float32), "zero")
    model.graph.initializer.append(zero)
    model.graph.node[0].input[0] = "filled"
    model.graph.node.insert(0, onnx.helper.make_node("IsNaN", [INPUT], ["gaps"]))
    filling = onnx.helper.make_node("Where", ["gaps", "zero", INPUT], ["filled"])
    model.graph.node.insert(1, filling)
    return bytes(model.SerializeToString())


def make_reference(signature: Signature) -> dict[str, Any]:
    """A reference.json as training writes it, of three rows."""
    features = {f.name: _describe(f) | {"nulls": 0} for f in signature.features}
    target = _count(signature.classes) if signature.classes else _bins()
    return {"rows": 3, "features": features, "target": target}


def _describe(feature: Feature) -> dict[str, Any]:
    if feature.type == "category":
        return _count(feature.categories or ())
    return _count((False, True)) if feature.type == "boolean" else _bins()


def _count(values: Sequence[Label]) -> dict[str, Any]:
    return {"counts": {label_text(value): 1 for value in values}}


def _bins() -> dict[str, Any]:
    return {"edges": np.linspace(-1, 1, 4).tolist(), "counts": [1, 1, 1]}
