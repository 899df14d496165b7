"""The folder of the BentoML model store, BENTOML_HOME: where it is, and whose turn it is to write.

A run locks it once before it spends time, to find out whether it can be written. If the run is then
refused, the store is as it was before: what was made for it, and is not used, is removed again.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from maas.errors import StorageError
from maas.registry.files import make_folder, remove_unused
from maas.registry.locks import hold

LOCK = "maas.lock"
_HOLDERS = (
    "a training run, `sync`, `remove`, a build or a starting service of a project with this store"
)

# A try fails only if a run that made the store, and was refused, removes it before it is locked.
_MAX_TRIES = 100


def store_home() -> Path:
    """Find BENTOML_HOME as BentoML does (its containers.py expands variables and ~)."""
    home = os.environ.get("BENTOML_HOME") or str(Path.home() / "bentoml")
    return Path(os.path.expandvars(home)).expanduser().absolute()


@contextmanager
def locked_home(home: Path, timeout_s: float | None = None) -> Iterator[list[Path]]:
    """Hold the lock of the store, whose folder is made if it is missing.

    Yields a list, to which the caller adds the folders that it makes below. At the end, those that
    are empty are removed, with the store's own folder and its lock if these were made too.

    Args:
        home: BENTOML_HOME.
        timeout_s: how long to wait for the lock, as in `locks`.

    Raises:
        LockedError: another process holds the lock for longer.
        OSError: the folder cannot be made, or the lock cannot be opened.
    """
    with ExitStack() as held:
        above, had_lock = _lock(home, held, timeout_s)
        made: list[Path] = []
        try:
            yield made
        finally:
            remove_unused(made)
            if not had_lock and not any(map(os.path.lexists, made)):
                _remove_lock(home, above)


def _lock(home: Path, held: ExitStack, timeout_s: float | None) -> tuple[list[Path], bool]:
    """Lock the folder; give the folders that were made for it, and whether the lock was there."""
    for _ in range(_MAX_TRIES):
        above, had_lock = make_folder(home), (home / LOCK).exists()
        try:
            held.enter_context(hold(home / LOCK, _HOLDERS, timeout_s))
        except FileNotFoundError:  # the run that made the folder was refused
            continue
        except BaseException:
            remove_unused(above)
            raise
        return above, had_lock
    what = f"was removed {_MAX_TRIES} times in a row by other runs"
    raise StorageError(home, what, "start the run again")


def _remove_lock(home: Path, above: Sequence[Path]) -> None:
    """Remove the lock while it is held: who waits for it sees that, and makes another."""
    with suppress(OSError):  # Windows does not remove an open file
        (home / LOCK).unlink()
    remove_unused(above)
