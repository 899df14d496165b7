"""How every command ends: a result on stdout, or one line on stderr and an exit code."""

from pathlib import Path

import pytest

from maas.commands.terminal import run_command
from maas.errors import ConfigError, DamagedError, MaasError, StorageError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("seed", "is wrong", "correct it"), 2),
        (DamagedError("v1", "is damaged", "restore it"), 1),
        (StorageError("v1", "cannot be written", "free space"), 1),
    ],
)
def test_an_expected_error_is_one_line_and_its_exit_code(
    error: MaasError, code: int, capsys: pytest.CaptureFixture[str]
):
    def fail() -> int:
        raise error

    assert run_command(fail) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: {error}\n")


def test_an_error_of_the_system_names_the_file(capsys: pytest.CaptureFixture[str]):
    def fail() -> int:
        Path("/nowhere/at/all").stat()
        return 0

    assert run_command(fail) == 1
    line = "error: /nowhere/at/all: No such file or directory; check that the folder exists\n"
    assert capsys.readouterr().err == line


def test_an_interrupt_is_130(capsys: pytest.CaptureFixture[str]):
    def stop() -> int:
        raise KeyboardInterrupt

    assert run_command(stop) == 130
    assert capsys.readouterr().err == "error: stopped\n"


def test_a_mistake_in_the_code_is_not_hidden():
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_command(fail)
