"""The progress of a command: a bar on a terminal, log lines elsewhere."""

import logging
import sys
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

# Seconds between two log lines of the rows that are done.
_LOG_EVERY_S = 10.0


class Progress:
    """Shows which of `steps` steps is running.

    Args:
        steps: how often `step` will be called.
        log: where each step is logged. While a bar is shown, its stderr handler logs warnings and
            errors only.
    """

    def __init__(self, steps: int, log: logging.Logger) -> None:
        self._log = log
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("", total=steps)

    def step(self, what: str) -> None:
        """Start the next step, described in a few words."""
        self._log.info(what)
        self._bar.update(self._task, description=what, advance=1)

    def __enter__(self) -> Self:
        self._terminal = [h for h in self._log.handlers if type(h) is logging.StreamHandler]
        if not self._bar.disable:
            for handler in self._terminal:
                handler.setLevel(logging.WARNING)
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        for handler in self._terminal:
            handler.setLevel(logging.NOTSET)


class RowProgress:
    """Shows how many rows are done, how many that is per second, and the time that is left.

    Args:
        total: the rows there are; None: that is not known.
        log: where a line is logged now and then, if stderr is not a terminal.
    """

    def __init__(self, total: int | None, log: logging.Logger) -> None:
        self._total, self._log = total, log
        self._done, self._skipped, self._began = 0, 0, monotonic()
        self._logged = self._began
        self._bar = Bar(
            BarColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("", total=total)

    def skip(self, rows: int) -> None:
        """Count rows that were done before."""
        self._done += rows
        self._skipped = self._done
        self._bar.update(self._task, advance=rows, description=self._describe())

    def add(self, rows: int) -> None:
        """Count rows that are done now."""
        self._done += rows
        self._bar.update(self._task, advance=rows, description=self._describe())
        if self._bar.disable and monotonic() - self._logged >= _LOG_EVERY_S:
            self._logged = monotonic()
            self._log.info(self._describe())

    def _describe(self) -> str:
        seconds = max(monotonic() - self._began, 1e-9)
        speed = (self._done - self._skipped) / seconds
        rows = f"{self._done:,}" if self._total is None else f"{self._done:,} of {self._total:,}"
        text = f"{rows} rows, {speed:,.0f} a second"
        if self._total is None or not speed:
            return text
        return f"{text}, {(self._total - self._done) / speed:.0f} s left"

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
