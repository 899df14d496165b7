"""Both encoders of the service are held to the pipeline's: a model that fails is not published."""

import pytest

from tests.workspace import Workspace

TRAIN = """
import sys
from maas.training.checks.determinism import pin_process
pin_process("portable")
from maas.model import encoding
{change}
import train
from maas.commands.terminal import run_command
sys.argv = ["train.py", "--config", {config!r}]
sys.exit(run_command(train.main))
"""
CONFIG = """
model_name: shapes
data: {source: shapes.csv, target: y}
estimator: {name: DecisionTreeClassifier}
"""
CHANGED_METHOD = """
old = encoding.Encoder.METHOD
encoding.Encoder.METHOD = lambda self, rows: old(self, rows) + 1
"""
CHANGED_CODES = """
get = encoding.CategoryCodes.__getitem__
encoding.CategoryCodes.__getitem__ = lambda self, category: get(self, category) + 1
"""


@pytest.mark.parametrize(
    ("change", "form"),
    [
        (CHANGED_METHOD.replace("METHOD", "encode_rows"), "single rows"),
        (CHANGED_METHOD.replace("METHOD", "encode_records"), "batches"),
        (CHANGED_CODES, "single rows"),
        ("", ""),
    ],
    ids=["rows", "batches", "codes", "unchanged"],
)
def test_an_encoder_that_differs_publishes_nothing(workspace: Workspace, change: str, form: str):
    rows = [f"{i % 7},{'abc'[i % 3]},{'no' if i % 3 else 'yes'}" for i in range(60)]
    (workspace.folder / "shapes.csv").write_text("\n".join(["n,kind,y", *rows]) + "\n")
    config = workspace.folder / "config.yaml"
    config.write_text(CONFIG)
    done = workspace.run("-c", TRAIN.format(change=change, config=str(config)))
    if change:
        assert done.returncode == 2, done.stderr
        assert f"the service encodes {form} otherwise than the pipeline does" in done.stderr
        assert not list(workspace.models.glob("v*"))
    else:
        assert done.returncode == 0, done.stderr
