"""The progress of a command: a bar on a terminal, a log line per step elsewhere."""

import logging
import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


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
