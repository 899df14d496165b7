"""Both encoders of the service are held to the pipeline's: a model that fails is not published."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maas.errors import ParityError
from maas.model import encoding
from tests.workspace import Workspace

CONFIG = """
model_name: shapes
data: {source: shapes.csv, target: y}
estimator: {name: DecisionTreeClassifier}
"""


@pytest.fixture
def shapes(workspace: Workspace) -> Path:
    """A config whose data have a number and a category."""
    rows = [f"{i % 7},{'abc'[i % 3]},{'no' if i % 3 else 'yes'}" for i in range(60)]
    (workspace.folder / "shapes.csv").write_text("\n".join(["n,kind,y", *rows]) + "\n")
    path = workspace.folder / "config.yaml"
    path.write_text(CONFIG)
    return path


def one_more(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: function(*args) + 1


@pytest.mark.parametrize(
    ("owner", "method", "form"),
    [
        (encoding.Encoder, "encode_rows", "single rows"),
        (encoding.Encoder, "encode_records", "batches"),
        (encoding.CategoryCodes, "__getitem__", "single rows"),
    ],
    ids=["rows", "batches", "codes"],
)
def test_an_encoder_that_differs_publishes_nothing(
    workspace: Workspace,
    shapes: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    method: str,
    form: str,
):
    monkeypatch.setattr(owner, method, one_more(getattr(owner, method)))
    with pytest.raises(ParityError, match=f"encodes {form} otherwise than the pipeline does"):
        workspace.train_here(config=shapes)
    assert not list(workspace.models.glob("v*"))


def test_equal_encoders_publish_a_version(workspace: Workspace, shapes: Path):
    assert workspace.train_here(config=shapes).number == 1
