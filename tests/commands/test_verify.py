"""The command `verify`: what it refuses before it trains. tests/e2e/test_verify.py has the rest."""

import pytest

from tests.commands.conftest import Maas


@pytest.mark.parametrize("args", [["1", "--all"], [], ["7"], ["v0"]])
@pytest.mark.usefixtures("own")
def test_a_wrong_call_is_exit_2(maas: Maas, args: list[str]):
    done = maas("verify", *args)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
