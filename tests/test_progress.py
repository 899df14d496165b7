"""Progress: a log line per step, and on a terminal a bar instead."""

import io
import logging
import re
import sys
from pathlib import Path

import pytest

from maas import progress
from maas.progress import Progress, RowProgress


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


def show_rows(monkeypatch: pytest.MonkeyPatch, kind: type[io.StringIO], total: int | None) -> str:
    """What is shown of 300 rows that were done before, and of 600 that are done now."""
    stderr, log = show(monkeypatch, kind)
    monkeypatch.setattr(progress, "_LOG_EVERY_S", 0)
    with RowProgress(total, log) as rows:
        rows.skip(300)
        rows.add(200)
        rows.add(400)
    return stderr.getvalue()


def test_rows_are_lines_with_their_speed_and_the_time_that_is_left(
    monkeypatch: pytest.MonkeyPatch,
):
    first, second = show_rows(monkeypatch, io.StringIO, 1200).splitlines()
    assert re.fullmatch(r"500 of 1,200 rows, [\d,]+ a second, \d+ s left", first)
    assert second.startswith("900 of 1,200 rows")


def test_rows_of_an_unknown_number_have_no_time_that_is_left(monkeypatch: pytest.MonkeyPatch):
    first, _ = show_rows(monkeypatch, io.StringIO, None).splitlines()
    assert re.fullmatch(r"500 rows, [\d,]+ a second", first)


def test_lines_about_rows_come_now_and_then(monkeypatch: pytest.MonkeyPatch):
    stderr, log = show(monkeypatch, io.StringIO)
    with RowProgress(10, log) as rows:
        for _ in range(10):
            rows.add(1)
    assert stderr.getvalue() == ""


def test_rows_that_were_done_before_do_not_count_for_the_speed(monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    monkeypatch.setattr(progress, "monotonic", lambda: now)
    monkeypatch.setattr(progress, "_LOG_EVERY_S", 0)
    stderr, log = show(monkeypatch, io.StringIO)
    with RowProgress(1_000_500, log) as rows:
        rows.skip(1_000_000)
        now += 10
        rows.add(100)
    assert stderr.getvalue() == "1,000,100 of 1,000,500 rows, 10 a second, 40 s left\n"


def test_rows_are_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch):
    shown = show_rows(monkeypatch, Terminal, 1200)
    assert "900 of 1,200 rows" in shown
    assert "\x1b[" in shown
