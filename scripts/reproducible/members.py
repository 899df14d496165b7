"""What is in a folder or a tar, and how two of them differ: by name, with both values."""

import hashlib
import stat
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

MAX_LINES = 20
"""As many members that differ are named, of a layer, of a tree or of an export."""

_KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
    tarfile.LNKTYPE: "hard link",
}


@dataclass(frozen=True)
class Member:
    """One file, folder or link.

    Attributes:
        kind: file, folder, link, hard link or other.
        mode: the permission bits, in octal.
        content: the sha256 of a file.
        size: of a file, in bytes.
        target: what a link leads to.
        owner: the numbers and names of user and group; empty where they are not compared.
        mtime: when it was changed, in UTC; empty where that is not compared.
        attributes: the extended headers of a tar.
    """

    kind: str
    mode: str
    content: str = ""
    size: int = 0
    target: str = ""
    owner: str = ""
    mtime: str = ""
    attributes: str = ""


def read_tree(folder: Path) -> dict[str, Member]:
    """The members below a folder by their relative path, without owners and times."""
    return {
        path.relative_to(folder).as_posix(): _read_path(path) for path in sorted(folder.rglob("*"))
    }


def _read_path(path: Path) -> Member:
    status = path.lstat()
    mode = f"{stat.S_IMODE(status.st_mode):04o}"
    if stat.S_ISLNK(status.st_mode):
        return Member("link", mode, target=str(path.readlink()))
    if stat.S_ISREG(status.st_mode):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        return Member("file", mode, content, status.st_size)
    return Member("folder" if stat.S_ISDIR(status.st_mode) else "other", mode)


def read_tar(file: IO[bytes]) -> dict[str, Member]:
    """The members of a tar, compressed or not, by their name and in their order.

    Raises:
        tarfile.TarError: it is not a tar.
    """
    with tarfile.open(fileobj=file, mode="r:*") as tar:
        return {entry.name: _read_entry(tar, entry) for entry in tar}


def _read_entry(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> Member:
    content = ""
    if entry.isreg() and (data := tar.extractfile(entry)):
        content = hashlib.file_digest(data, "sha256").hexdigest()  # type: ignore[arg-type]
    return Member(
        kind=_KINDS.get(entry.type, "other"),
        mode=f"{stat.S_IMODE(entry.mode):04o}",
        content=content,
        size=entry.size,
        target=entry.linkname,
        owner=":".join(filter(None, (str(entry.uid), str(entry.gid), entry.uname, entry.gname))),
        mtime=datetime.fromtimestamp(entry.mtime, UTC).isoformat().replace("+00:00", "Z"),
        attributes=str(dict(sorted(entry.pax_headers.items())) or ""),
    )


def compare_members(first: Mapping[str, Member], second: Mapping[str, Member]) -> list[str]:
    """A line for each member that differs, or is in one of the two alone.

    They are sorted by name, and those that differ in their time alone come last: a folder's time
    changes with what is in it.
    """
    lines: list[str] = []
    times: list[str] = []
    for name in sorted(first.keys() | second.keys()):
        if name not in second:
            lines.append(f"{name}: only in the first")
        elif name not in first:
            lines.append(f"{name}: only in the second")
        elif first[name] != second[name]:
            only_time = replace(first[name], mtime=second[name].mtime) == second[name]
            line = f"{name}: {_describe(first[name], second[name])}"
            (times if only_time else lines).append(line)
    return lines + times


def _describe(first: Member, second: Member) -> str:
    parts = []
    values = zip(asdict(first).items(), asdict(second).values(), strict=True)
    for (field, one), other in values:
        if one != other and field == "content":
            parts.append(f"content sha256 {_show(one[:8])}, {_show(other[:8])}")
        elif one != other:
            parts.append(f"{field} {_show(one)}, {_show(other)}")
    return "; ".join(parts)


def _show(value: object) -> object:
    return "none" if value == "" else value


def compare_tars(first: IO[bytes], second: IO[bytes]) -> list[str]:
    """A line for each difference of two tars whose bytes are known to differ."""
    one, other = read_tar(first), read_tar(second)
    if lines := compare_members(one, other):
        return lines
    if list(one) != list(other):
        return ["the members are equal, and in another order"]
    return ["the members are equal, and the archive is written in another way"]


def shorten(lines: list[str]) -> list[str]:
    """The first lines, and how many more there are."""
    more = [f"and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    return [*lines[:MAX_LINES], *more]
