"""Signatures, and small ONNX graphs whose answers can be computed by hand."""

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from maas.model.scorers import INPUT
from maas.model.signature import Feature, FeatureType, Signature

CATEGORIES = ("a", "b", "é")


def feature(name: str, kind: FeatureType = "number", **changes) -> Feature:
    categories = CATEGORIES if kind == "category" else None
    return Feature(
        **({"name": name, "column": name, "type": kind, "categories": categories} | changes)
    )


def signature(*features: Feature, **changes) -> Signature:
    content = {"features": features, "target": "t", "task": "regression", "example": {}}
    return Signature(**(content | changes))


def numbers(count: int, **changes) -> Signature:
    """A signature of as many numbers."""
    return signature(*[feature(f"n{index}") for index in range(count)], **changes)


def linear_graph(weights: Sequence[float]) -> bytes:
    """A graph that answers the weighted sum of a row."""
    column = np.array(weights, dtype=np.float32).reshape(-1, 1)
    return _graph(len(weights), [helper.make_node("MatMul", [INPUT, "w"], ["y"])], {"w": column})


def classifier_graph(weights: Sequence[float], classes: Sequence[int | str]) -> bytes:
    """A graph of two classes: the second is as probable as the sigmoid of the weighted sum."""
    named = {
        f"classlabels_{'strings' if isinstance(classes[0], str) else 'ints'}": list(classes),
        "coefficients": [0.0] * len(weights) + list(weights),
        "intercepts": [0.0, 0.0],
        "post_transform": "SOFTMAX",
    }
    node = helper.make_node("LinearClassifier", [INPUT], ["y", "p"], domain="ai.onnx.ml", **named)
    label = TensorProto.STRING if isinstance(classes[0], str) else TensorProto.INT64
    return _graph(len(weights), [node], {}, label, ("y", "p"))


def _graph(
    width: int, nodes: list, constants: dict, kind: int = TensorProto.FLOAT, outputs=("y",)
) -> bytes:
    kinds = dict(zip(outputs, (kind, TensorProto.FLOAT), strict=False))
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info(name, kinds[name], None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
