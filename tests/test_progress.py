"""Progress: a log line per step, and on a terminal a bar instead."""

import io
import logging
import sys
from pathlib import Path

import pytest

from maas.progress import Progress


class Terminal(io.StringIO):
    """What is shown on a terminal."""

    def isatty(self) -> bool:
        return True


Shown = tuple[io.StringIO, logging.Logger]


def show(monkeypatch: pytest.MonkeyPatch, kind: type[io.StringIO]) -> Shown:
    """Put a terminal or a file in the place of stderr; give it, and a logger that writes to it."""
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    stderr = kind()
    monkeypatch.setattr(sys, "stderr", stderr)
    log = logging.Logger("steps", logging.INFO)
    log.addHandler(logging.StreamHandler(stderr))
    return stderr, log


def test_elsewhere_than_on_a_terminal_each_step_is_a_line(monkeypatch: pytest.MonkeyPatch):
    stderr, log = show(monkeypatch, io.StringIO)
    with Progress(2, log) as progress:
        progress.step("read")
        progress.step("fit")
    assert stderr.getvalue() == "read\nfit\n"


def test_on_a_terminal_a_bar_takes_the_place_of_all_lines_but_warnings(
    monkeypatch: pytest.MonkeyPatch,
):
    stderr, log = show(monkeypatch, Terminal)
    with Progress(2, log) as progress:
        progress.step("read")
        log.warning("careful")
    shown = stderr.getvalue()
    assert "1/2" in shown
    assert "read\n" not in shown
    assert "careful\n" in shown
    log.info("after")
    assert stderr.getvalue().endswith("after\n")


def test_lines_are_logged_again_after_a_failure(monkeypatch: pytest.MonkeyPatch):
    stderr, log = show(monkeypatch, Terminal)
    with pytest.raises(ZeroDivisionError), Progress(1, log):
        raise ZeroDivisionError
    log.info("after")
    assert stderr.getvalue().endswith("after\n")


def test_a_log_file_has_every_step_while_a_bar_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    stderr, log = show(monkeypatch, Terminal)
    file = logging.FileHandler(tmp_path / "log")
    log.addHandler(file)
    with Progress(1, log) as progress:
        progress.step("read")
    file.close()
    assert (tmp_path / "log").read_text() == "read\n"
    assert "read\n" not in stderr.getvalue()
