"""What runs the tasks of a job: on this machine, or on many."""

from collections.abc import Callable, Generator, Iterable
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs tasks in workers."""

    @property
    def name(self) -> str:
        """Its name in _score.json."""

    @property
    def workers(self) -> int:
        """How many workers it has."""

    def run(
        self, call: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Generator[Result, None, None]:
        """Call a function with each task; the results come as they are ready.

        The first error of a task is raised. Then, and when the results are closed before their
        end, no task runs any more: what it was writing can be removed.
        """
