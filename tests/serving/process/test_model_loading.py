"""The model is loaded as published, tried in a process of its own, and measured once."""

import os
from pathlib import Path

import pytest

from maas.errors import DamagedError, ServeError
from maas.model.signature import FLOAT32_MAX
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.process.model_loading import (
    Trial,
    load_async_predictor,
    load_predictor,
    served_signature,
)
from tests.model.graphs import linear_graph, numbers
from tests.samples import FILES, RUN, damage, make_manifest
from tests.workspace import PROJECT

BOUND = "MAAS_INPUT_BOUND"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is measured yet; what a test measures is forgotten."""
    monkeypatch.setenv(BOUND, "")


SUM = linear_graph([1, 1])


def publish(folder: Path, bound: float | None = None, graph: bytes = SUM) -> Version:
    """A version of a model of two numbers."""
    files = FILES | {"model.onnx": graph}
    example = {"n0": 0.5, "n1": 0.5}
    signature = numbers(2, input_bound=bound, example=example)
    manifest = make_manifest(files=files, signature=signature)
    return Registry(folder).publish(manifest, files, RUN, ())


@pytest.mark.parametrize(
    ("recorded", "measured", "bound"),
    [
        (None, "{} 1e+37", 1e37),
        (None, f"{{}} {FLOAT32_MAX!r}", FLOAT32_MAX),
        (1e20, "{} 1e+37", 1e20),
        (None, "sha256:0 1e+37", None),
        (None, "{}", None),
        (None, "{} ", None),
        (None, "{} much", None),
        (None, "{} nan", None),
        (None, "{} 1e39", None),
        (None, "{} 0", None),
        (None, "{} -1e10", None),
    ],
)
def test_a_measured_bound_counts_for_its_version_where_none_is_recorded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recorded: float | None,
    measured: str,
    bound: float | None,
):
    version = publish(tmp_path, recorded)
    monkeypatch.setenv(BOUND, measured.format(version.manifest.digest))
    signature = served_signature(version)
    assert signature == version.manifest.signature.model_copy(update={"input_bound": bound})


def test_a_loaded_model_answers(tmp_path: Path):
    predictor = load_predictor(publish(tmp_path, 1e37), threads=1)
    matrix = predictor.encoder.encode_records([{"n0": 2, "n1": 0.5}])
    assert matrix is not None
    assert predictor.predict(matrix) == [2.5]


@pytest.mark.parametrize("load", [load_predictor, load_async_predictor])
def test_a_model_that_was_altered_is_not_loaded(tmp_path: Path, load):
    version = publish(tmp_path)
    damage(version.path / "model.onnx", linear_graph([1, 2]))
    with pytest.raises(DamagedError, match=r"model\.onnx: was altered"):
        load(version, 1)


def test_a_trial_measures_a_version_that_records_no_bound(tmp_path: Path):
    version = publish(tmp_path)
    Trial(version, 1, PROJECT).finish()
    assert os.environ[BOUND] == f"{version.manifest.digest} 1e+37"
    assert served_signature(version).input_bound == 1e37


def test_a_trial_of_a_version_that_records_its_bound_measures_nothing(tmp_path: Path):
    Trial(publish(tmp_path, 1e20), 1, PROJECT).finish()
    assert os.environ[BOUND] == ""


def test_a_trial_that_fails_says_why_in_one_line(tmp_path: Path):
    trial = Trial(publish(tmp_path, graph=b"no graph"), 1, PROJECT)
    with pytest.raises(ServeError, match=r"m:v1: cannot be loaded \(.*[Pp]rotobuf") as caught:
        trial.finish()
    assert "Traceback" not in str(caught.value)
    assert os.environ[BOUND] == ""
