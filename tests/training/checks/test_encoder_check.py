"""The encoders of the service are held to the pipeline's: a model that fails is not published."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from maas.errors import ParityError
from maas.model import checks, encoding
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
    def changed(*args: Any) -> Any:
        made = function(*args)
        if isinstance(made, encoding.EncodedColumns):
            return replace(made, matrix=made.matrix + 1)
        return made + 1

    return changed


def all_doubtful(function: Callable[..., Any]) -> Callable[..., Any]:
    def changed(*args: Any) -> Any:
        made = function(*args)
        return replace(made, doubtful=made.matrix[:, 0] == made.matrix[:, 0])

    return changed


@pytest.mark.parametrize(
    ("owner", "method", "form"),
    [
        (encoding.Encoder, "encode_rows", "single rows"),
        (encoding.Encoder, "encode_records", "batches"),
        (encoding.Encoder, "encode_columns", "columns"),
        (encoding.CategoryCodes, "__getitem__", "single rows"),
    ],
    ids=["rows", "batches", "columns", "codes"],
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


def test_an_encoder_that_doubts_valid_columns_publishes_nothing(
    workspace: Workspace, shapes: Path, monkeypatch: pytest.MonkeyPatch
):
    doubting = all_doubtful(encoding.Encoder.encode_columns)
    monkeypatch.setattr(encoding.Encoder, "encode_columns", doubting)
    with pytest.raises(ParityError, match="encodes columns otherwise"):
        workspace.train_here(config=shapes)
    assert not list(workspace.models.glob("v*"))


def test_a_row_type_that_refuses_a_feature_s_values_publishes_nothing(
    workspace: Workspace, shapes: Path, monkeypatch: pytest.MonkeyPatch
):
    """As a column type would whose place in the rules was forgotten."""
    types = checks._JSON_TYPES | {"number": frozenset({str}), "integer": frozenset({str})}
    monkeypatch.setattr(checks, "_JSON_TYPES", types)
    monkeypatch.setattr(checks, "_value_type", lambda _: str)
    with pytest.raises(ParityError, match="refuses a value of feature 'n'"):
        workspace.train_here(config=shapes)
    assert not list(workspace.models.glob("v*"))


def test_an_unseen_category_among_the_held_out_rows_is_no_fault(workspace: Workspace, shapes: Path):
    text = (workspace.folder / "shapes.csv").read_text()
    (workspace.folder / "shapes.csv").write_text(text.replace("3,a,no", "3,rare,no", 1))
    for seed in range(5):  # the rare one is held out under some seed
        assert workspace.train_here(f"seed={seed}", config=shapes).number == seed + 1


def test_equal_encoders_publish_a_version(workspace: Workspace, shapes: Path):
    assert workspace.train_here(config=shapes).number == 1
