"""The hashes of the input, which say whether a job is the same as before."""

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from maas.errors import UnreadableDataError
from maas.scoring.engine import Engine
from maas.scoring.inputs import Input
from maas.scoring.stamp import check_stamp


def hash_inputs(inputs: Sequence[Input], engine: Engine) -> list[str]:
    """The SHA-256 of each file."""
    tasks = (HashTask(place, file.path.absolute(), file.stamp) for place, file in enumerate(inputs))
    with closing(engine.run(hash_file, tasks)) as results:
        found = dict(results)
    return [found[place] for place in range(len(inputs))]


@dataclass(frozen=True)
class HashTask:
    """A file to hash: its place in the input, where it is, and its stamp."""

    place: int
    path: Path
    stamp: tuple[int, int]

    def __str__(self) -> str:
        return str(self.path)


def hash_file(task: HashTask) -> tuple[int, str]:
    """The place of a file in the input, and the SHA-256 of its bytes.

    Raises:
        UnreadableDataError: it cannot be read.
        DataError: it changed meanwhile.
    """
    path = task.path
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise UnreadableDataError(path, what, "check that each worker can read it") from None
    check_stamp(path, task.stamp)
    return task.place, sha256
