"""The command `verify`: what it refuses and trusts. tests/e2e/test_verify.py has the rest."""

import pytest

from tests.commands.conftest import Maas
from tests.samples import damage
from tests.training.checks.test_verify import reseal
from tests.workspace import Workspace


@pytest.mark.parametrize("args", [["1", "--all"], [], ["7"], ["v0"]])
@pytest.mark.usefixtures("own")
def test_a_wrong_call_is_exit_2(maas: Maas, args: list[str]):
    done = maas("verify", *args)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")


def test_only_with_trust_is_another_pickle_loaded(
    workspace: Workspace, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("maas.commands.verify.pin_process", lambda _: None)
    pickled = workspace.train_here("runtime=sklearn").path / "saved_model.pkl"
    damage(pickled, pickled.read_bytes() + b"\n")
    reseal(pickled.parent)
    done = maas("verify", "1")
    assert (done.code, len(done.out.splitlines())) == (1, 1)
    assert "`verify 1 --trust` loads it" in done.out
    done = maas("verify", "1", "--trust", "--json")
    assert (done.code, done.document["verdict"]) == (3, "equivalent")
