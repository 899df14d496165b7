"""The fitted pipeline as bytes: canonical ONNX, and a pickle."""

import copy
import io
import sys
import warnings
from collections.abc import Hashable
from typing import Any

import joblib
import numpy as np
import onnx
from joblib.numpy_pickle import NumpyPickler
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from maas.errors import ConfigError
from maas.model.scorers import INPUT
from maas.registry.manifest import SCHEMA_VERSION, SchemaVersion
from maas.training.failure import first_line
from maas.training.fit.pipeline import EXPORTED

# The newest operator sets that skl2onnx 1.20 supports for every listed estimator.
OPSET = {"": 21, "ai.onnx.ml": 3}


def export_onnx(pipeline: Pipeline, features: int, schema: SchemaVersion = SCHEMA_VERSION) -> bytes:
    """Convert the exported steps to ONNX with one float32 input, shape (rows, features).

    The bytes depend on the fitted values only: there are no versions, and operator sets and fields
    are sorted. From schema 3 on, names are numbered within the graph: the converter of nearest
    neighbours makes them of object ids and of counters that run on in the process.

    Args:
        pipeline: fitted.
        features: the number of columns of the input.
        schema: of the version that the graph is for.

    Raises:
        ConfigError: the estimator cannot be exported.
    """
    try:
        model = _convert(pipeline, features)
        if schema >= 3:
            kept = [value.name for value in (*model.graph.input, *model.graph.output)]
            _number_names(model.graph, {"": ""} | {name: name for name in kept})
        return _canonical(model)
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


def _number_names(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Rename values and nodes in the order of their appearance, also in the bodies of loops.

    Args:
        graph: changed in place.
        names: old name -> new name; one name stays one name, whichever graph it appears in.
    """

    def new(name: str) -> str:
        return names.setdefault(name, f"n{len(names)}")

    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = new(value.name)
    for node in graph.node:
        node.name = new(node.name)
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                _number_names(attribute.g, names)


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


def export_pickle(pipeline: Pipeline, schema: SchemaVersion = SCHEMA_VERSION) -> bytes:
    """Pickle the fitted pipeline with joblib, uncompressed.

    From schema 3 on, the bytes depend on the fitted values only.

    Args:
        pipeline: fitted.
        schema: of the version that the pickle is for.
    """
    buffer = io.BytesIO()
    if schema < 3:
        joblib.dump(pipeline, buffer)
    else:
        _CanonicalPickler(buffer).dump(pipeline)
    return buffer.getvalue()


class _CanonicalPickler(NumpyPickler):  # type: ignore[misc]
    """Joblib's pickler, for which equal immutable values are one object.

    A pickle writes an object once and then refers to it, and finds it by identity. Which equal
    strings and dtypes are one object depends on what the process did before, and on how many
    processes fitted the parts: each sends back copies of its own, and even the names of
    attributes are those of whichever instance of a class had them first.
    """

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._values: dict[Hashable, Any] = {}

    def save(self, obj: Any) -> None:  # pickle calls it for every object
        key = _value_key(obj)
        if key is not None:
            if key not in self._values:
                self._values[key] = _standard_object(obj)
            obj = self._values[key]
        super().save(obj)


def _value_key(value: Any) -> Hashable:
    """A key that is equal for equal immutable values of one type; None for all other objects."""
    if type(value) in (str, bytes):
        return type(value), value
    if isinstance(value, np.dtype):
        return None if value.metadata else (np.dtype, value)
    if isinstance(value, np.generic):
        return None if value.dtype.hasobject else (value.dtype, value.tobytes())
    if type(value) is tuple and all(type(part) in _PLAIN for part in value):
        return tuple, repr(value)  # (1,), (1.0,) and (True,) are equal, and not the same
    return None


# What pickle writes by value; and strings, which `repr` tells from all of these.
_PLAIN = {str, int, float, bool, type(None)}


def _standard_object(value: Any) -> Any:
    """The object that stands for all values equal to this one, in any process."""
    if type(value) is str:
        return sys.intern(value)  # attribute names are interned too
    if type(value) is tuple:
        return tuple(_standard_object(part) for part in value)
    return _standard_dtype(value) if isinstance(value, np.dtype) else value


def _standard_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that numpy gives to new arrays, and not a copy of it; with interned names."""
    if dtype.names is None:
        standard = np.dtype(dtype.str) if dtype.kind != "T" else dtype  # T: numpy's StringDType
        return standard if standard == dtype else dtype
    fields = [dtype.fields[name] for name in dtype.names] if dtype.fields else []
    record = {
        "names": [sys.intern(name) for name in dtype.names],
        "formats": [_standard_dtype(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "itemsize": dtype.itemsize,
    }
    return np.dtype(record, align=dtype.isalignedstruct)  # type: ignore[call-overload, no-any-return]


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
