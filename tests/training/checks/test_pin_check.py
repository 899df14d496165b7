"""The check that the pins took effect."""

from tests.workspace import Workspace

CODE = """
import os
os.environ["OPENBLAS_CORETYPE"] = "Haswell"
import numpy
from maas.training.checks.pin_check import check_pins
check_pins("portable")
"""


def test_pins_that_did_not_take_are_an_error(workspace: Workspace):
    extra = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = workspace.run("-c", CODE, extra=extra)
    assert "PinError" in done.stderr
    assert ", although it was pinned" in done.stderr
