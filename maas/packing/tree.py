"""The files of a Bento: their fixed modes and times, their digest, what differs between two."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

EPOCH = 946_684_800
"""The time of every file, in seconds: 2000-01-01 UTC, as a zip file holds none before 1980."""

MODELS = "models"
"""The folder of a Bento with its model, which is proven by its own digest."""

_CREATED = re.compile(rb"^( *creation_time: ).*$", re.MULTILINE)
_CREATED_AT = rb"\g<1>'2000-01-01T00:00:00+00:00'"


def settle(tree: Path) -> None:
    """Take out of a fresh Bento what differs between two builds of the same.

    These are the times in bento.yaml, and what is in env/python beside the lock: it names the
    Python that built it, and packages without hashes.

    Raises:
        OSError: a file cannot be written.
    """
    for path in (tree / "env" / "python").iterdir():
        if path.name != "requirements.txt":
            path.unlink()
    info = tree / "bento.yaml"
    info.write_bytes(_CREATED.sub(_CREATED_AT, info.read_bytes()))
    set_modes_and_times(tree)


def set_modes_and_times(tree: Path) -> None:
    """Give every file and folder the mode and the time that it has in every Bento.

    What is of another user is left as it is.
    """
    for path in (*walk(tree), tree):
        with suppress(PermissionError):
            path.chmod(mode_of(path))
            os.utime(path, (EPOCH, EPOCH))


def mode_of(path: Path) -> int:
    """The mode of a file or folder of a Bento; scripts are run, nothing else is."""
    return 0o755 if path.is_dir() or path.suffix == ".sh" else 0o644


def walk(tree: Path) -> Iterator[Path]:
    """Every file and folder of a Bento but its models, folders after what they hold."""
    for folder, folders, names in os.walk(tree, topdown=False):
        here = Path(folder)
        parts = here.relative_to(tree).parts
        if parts[:1] == (MODELS,):
            continue
        kept = [name for name in folders if parts or name != MODELS]
        yield from (here / name for name in (*names, *kept))


def hash_files(tree: Path) -> dict[str, str]:
    """Map the path of every file in the tree, with slashes, to its sha256; a link has its target.

    Raises:
        OSError: a file cannot be read.
    """
    found = {}
    for path in walk(tree):
        if path.is_symlink():
            found[path.relative_to(tree).as_posix()] = f"link to {path.readlink()}"
        elif path.is_file():
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(tree).as_posix()] = sha256
    return found


def digest_of(files: Mapping[str, str]) -> str:
    """The digest of a tree: the sha256 of what `sha256sum` prints of its files, in their order."""
    lines = (f"{files[path]}  ./{path}\n" for path in sorted(files, key=os.fsencode))
    return f"sha256:{hashlib.sha256(b''.join(map(os.fsencode, lines))).hexdigest()}"


def differences(built: Mapping[str, str], held: Mapping[str, str]) -> list[str]:
    """Name the files that differ between a Bento that was built and the one that is held."""
    return [
        f"{path} is missing"
        if path not in held
        else f"{path} is not of this project"
        if path not in built
        else f"{path} is another"
        for path in sorted(built.keys() | held.keys())
        if built.get(path) != held.get(path)
    ]
