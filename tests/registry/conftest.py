"""The fixture that runs a command, shared with the tests of the commands; folders that are lost."""

from collections.abc import Callable
from pathlib import Path

from tests.commands.conftest import maas

__all__ = ["lose_once", "maas"]


Make = Callable[[Path], list[Path]]


def lose_once(make: Make) -> tuple[Make, list[Path]]:
    """A way to make folders that loses the first one at once, as a refused run does; its calls."""
    tries = list[Path]()

    def make_and_lose(path: Path) -> list[Path]:
        made = make(path)
        tries.append(path)
        if len(tries) == 1:
            path.rmdir()
            path.parent.rmdir()
        return made

    return make_and_lose, tries
