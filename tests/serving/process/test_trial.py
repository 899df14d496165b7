"""The trial: the model answers a row, or the process fails."""

from pathlib import Path

import pytest

from maas.errors import DamagedError
from maas.serving.process.trial import main
from maas.training.export import export_pickle
from tests.model.graphs import linear_graph, numbers
from tests.samples import make_manifest
from tests.training.fitted import config, fitted, table


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The file of a model that adds two numbers."""
    path = tmp_path / "model.onnx"
    path.write_bytes(linear_graph([1, 1]))
    return path


def test_a_model_that_answers_says_nothing(model: Path, capsys: pytest.CaptureFixture[str]):
    main(str(model), "onnx", "2", "1")
    assert capsys.readouterr() == ("", "")


def test_a_pickle_answers_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    _, _, done = fitted(config(), table())
    (tmp_path / "model.pkl").write_bytes(export_pickle(done.pipeline))
    main(str(tmp_path / "model.pkl"), "sklearn", "2", "1")
    assert capsys.readouterr() == ("", "")


def test_the_bound_is_printed_so_that_it_can_be_read_again(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(
        make_manifest(signature=numbers(2, example={"n0": 0.5, "n1": 0.5})).to_bytes()
    )
    main(str(model), "onnx", "2", "1", str(manifest))
    assert float(capsys.readouterr().out) == 1e37


def test_a_model_of_other_features_fails(model: Path):
    with pytest.raises(Exception, match="invalid dimensions"):
        main(str(model), "onnx", "3", "1")


def test_a_damaged_manifest_fails(model: Path, tmp_path: Path):
    (tmp_path / "manifest.json").write_bytes(b"{}")
    with pytest.raises(DamagedError, match=r"manifest\.json"):
        main(str(model), "onnx", "2", "1", str(tmp_path / "manifest.json"))
