"""The `.bento` file of an entry, which `bentoml import` reads: equal for equal Bentos.

That of `bentoml export` also has the owner of the files in the store.
"""

import filecmp
import io
import os
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

from maas.errors import InputError, StorageError, remedy_for
from maas.packing.tree import EPOCH, mode_of

SUFFIX = ".bento"


def check_name(output: Path) -> None:
    """Refuse a name by which `bentoml import` would take the file for another format.

    Raises:
        InputError: it has another suffix.
    """
    if output.suffix != SUFFIX:
        what = f"has not the suffix {SUFFIX}, by which `bentoml import` knows the format"
        raise InputError(f"--export {output}", what, f"write, for example, model{SUFFIX}")


def export(entry: Path, output: Path) -> None:
    """Write the files of a Bento and of its model, whole or not at all; over no other file.

    Args:
        entry: the Bento in the store.
        output: the file.

    Raises:
        InputError: the file exists, and is not the one that would be written.
        StorageError: it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
        os.close(handle)
        beside = Path(name)
        try:
            _write(entry, beside)
            beside.chmod(0o644)
            _place(beside, output)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise StorageError(output, what, remedy_for(error)) from None


def _write(entry: Path, beside: Path) -> None:
    with tarfile.open(beside, "w:xz", format=tarfile.GNU_FORMAT) as archive:
        for path in (entry, *sorted(entry.rglob("*"))):
            _add(archive, path.relative_to(entry), path)


def _add(archive: tarfile.TarFile, member: Path, path: Path) -> None:
    info = tarfile.TarInfo(f"./{member.as_posix()}" if member.parts else ".")
    info.mtime, info.mode = EPOCH, mode_of(path)
    if path.is_dir():
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    else:
        content = path.read_bytes()
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))


def _place(beside: Path, output: Path) -> None:
    with suppress(FileNotFoundError):
        if not filecmp.cmp(beside, output, shallow=False):
            remedy = "name another --export, or remove it first"
            raise InputError(output, "exists, and is not this Bento", remedy)
        return
    os.link(beside, output)  # which fails where a file appeared meanwhile
