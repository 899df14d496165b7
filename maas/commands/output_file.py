"""The file that a command writes: whole or not at all, and over no other file by accident."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from maas.commands.terminal import short_path
from maas.errors import InputError, StorageError, remedy_for


def read_output(given: str | None) -> Path | None:
    """The file that `--output` names; None: it was left out.

    Raises:
        InputError: the name is empty.
    """
    if given == "":
        raise InputError("--output", "is empty", "name a file, or leave it out")
    return None if given is None else Path(given)


def check_output(output: Path, force: bool) -> None:
    """Refuse to replace a file, unless that was asked for, and anything else that has its name.

    Raises:
        InputError: something has its name.
        StorageError: that cannot be told.
    """
    try:
        status = _follow(output)
    except OSError as error:
        raise _unwritable(output, error) from None
    if status is None:
        return
    if stat.S_ISDIR(status.st_mode):
        raise InputError(short_path(output), "is a folder", "name a file in --output")
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        raise InputError(short_path(output), "exists, and is not a file", "name another --output")
    if not force:
        raise _existing(output)


def is_written(output: Path, text: str) -> bool:
    """Whether a file holds a text of UTF-8 already; pipes and devices are not read."""
    content = text.encode()
    try:
        status = output.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != len(content):
            return False
        return output.read_bytes() == content
    except OSError:
        return False


def write_output(output: Path, text: str, force: bool) -> None:
    """Write a file of UTF-8, whole or not at all; missing folders are made.

    Raises:
        InputError: something has its name, or its folder is none.
        StorageError: it cannot be written.
    """
    beside = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        _make_folder(output.parent)
        try:
            beside.write_text(text, encoding="utf-8", newline="\n")
            if force:
                beside.replace(output)
            else:
                os.link(beside, output)  # which fails where a file appeared meanwhile
        finally:
            beside.unlink(missing_ok=True)
    except FileExistsError:
        raise _existing(output) from None
    except OSError as error:
        raise _unwritable(output, error) from None


def _follow(output: Path) -> os.stat_result | None:
    """The status of what a name leads to, or of a link that leads nowhere; None: it is free."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return output.stat()
    with suppress(FileNotFoundError, NotADirectoryError):
        return output.lstat()
    return None


def _existing(output: Path) -> InputError:
    remedy = "name another --output, or replace it with --force"
    return InputError(short_path(output), "exists", remedy)


def _unwritable(output: Path, error: OSError) -> StorageError:
    what = f"cannot be written ({error.strerror})"
    return StorageError(short_path(output), what, remedy_for(error))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        what = "is not a folder"
        raise InputError(short_path(folder), what, "name an --output in a folder") from None
