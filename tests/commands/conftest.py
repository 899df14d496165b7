"""The commands of `python -m maas`, run in the test's own process."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from maas.__main__ import main
from maas.commands.terminal import run_command
from tests.workspace import Workspace


@dataclass(frozen=True)
class Done:
    """What a command returned and printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Maas = Callable[..., Done]


@pytest.fixture
def maas(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Maas:
    """Run a command over the test's workspace."""
    monkeypatch.setenv("MODELS_DIR", str(workspace.models))
    monkeypatch.setenv("BENTOML_HOME", str(workspace.store))

    def run(*args: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["maas", *args])
        capsys.readouterr()
        code = run_command(main)
        return Done(code, *capsys.readouterr())

    return run
