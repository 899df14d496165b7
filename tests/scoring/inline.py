"""An engine in this process: no process is started, and patches hold."""

from collections.abc import Callable, Generator, Iterable
from typing import Self


class InlineEngine:
    """Runs tasks one by one."""

    name, workers = "local", 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, call: Callable, tasks: Iterable) -> Generator:
        yield from map(call, tasks)
