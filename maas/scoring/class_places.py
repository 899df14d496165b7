"""A linear classifier whose graph answers with the places of its classes, not with their texts.

onnxruntime makes a text for every row, which takes longer than scoring it. The operator decides
by its scores and then looks the class up in a list: with another list, the decisions are the same.
"""

from collections.abc import Sequence

from maas.model.signature import Label

# Larger graphs are of models to which a text per row is nothing.
_MAX_BYTES = 1_000_000

_OPERATOR = "LinearClassifier"


def answer_with_places(graph: bytes, classes: Sequence[Label]) -> bytes | None:
    """Change a graph of a linear classifier to answer with places.

    Args:
        graph: the bytes of model.onnx.
        classes: of the signature: texts.

    Returns:
        The changed graph; None where it has another form.
    """
    if len(graph) > _MAX_BYTES or not classes or not isinstance(classes[0], str):
        return None
    import onnx

    model = onnx.load_model_from_string(graph)
    label = model.graph.output[0]
    makers = [node for node in model.graph.node if label.name in node.output]
    if len(makers) != 1 or makers[0].op_type != _OPERATOR or label.name != makers[0].output[0]:
        return None
    if any(label.name in node.input for node in model.graph.node):
        return None
    (texts,) = (a for a in makers[0].attribute if a.name == "classlabels_strings")
    places = [classes.index(text.decode()) for text in texts.strings]
    makers[0].attribute.remove(texts)
    makers[0].attribute.append(onnx.helper.make_attribute("classlabels_ints", places))
    label.type.tensor_type.elem_type = onnx.TensorProto.INT64
    changed: bytes = model.SerializeToString()
    return changed
