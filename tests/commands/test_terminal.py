"""How every command ends: a result on stdout, or one line on stderr and an exit code."""

import tempfile
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


def test_a_fault_of_the_code_is_one_line_that_names_the_file_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail() -> int:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run_command(fail) == 1
    (kept,) = tmp_path.iterdir()
    said = "error: the command: failed unexpectedly (ZeroDivisionError: by); report this bug "
    assert capsys.readouterr().err == f"{said}with the traceback in {kept}\n"
    assert "in fail" in kept.read_text()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert run_command(fail) == 1
    err = capsys.readouterr().err
    assert "in fail" in err
    assert err.splitlines()[-1] == f"{said}with the traceback in the lines above"


def test_a_module_that_a_package_lacks_is_a_fault_of_the_code(capsys: pytest.CaptureFixture[str]):
    def fail() -> int:
        import json.missing  # type: ignore[import-not-found]  # noqa: F401

        return 0

    assert run_command(fail) == 1
    assert "failed unexpectedly (ModuleNotFoundError: No module" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [(MemoryError(), "is used up;"), (MemoryError("asked for\nmuch"), "is used up: asked for;")],
)
def test_a_lack_of_memory_is_one_line(
    error: MemoryError, said: str, capsys: pytest.CaptureFixture[str]
):
    def fail() -> int:
        raise error

    assert run_command(fail) == 1
    err = capsys.readouterr().err
    assert err == f"error: memory: {said} free some, or use a larger machine\n"
