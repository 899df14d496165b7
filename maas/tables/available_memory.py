"""The memory that this process can still get."""

import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

# Of the two versions of control groups: where their tree is mounted, the files with the limit and
# with what is used, and the line of memory.stat with the page cache, which is freed when needed.
_GROUP_FILES = {
    1: ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("", "memory.max", "memory.current", "inactive_file"),
}


def available_memory(root: Path = Path("/")) -> int:
    """Count the bytes that the process can still get.

    The least of what the machine has, of what each control group leaves that the process is in
    (those of a container or a batch job), and of what its limit of address space leaves.

    Args:
        root: the folder in which `proc` and `sys` are.
    """
    machine = psutil.virtual_memory().available
    return max(0, min([machine, *_group_rooms(root), *_address_space()]))


def _group_rooms(root: Path) -> Iterator[int]:
    """What is left in each control group with a limit, from that of the process to the root."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return  # another system
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0" or "memory" in controllers.split(","):
            version = 2 if number == "0" else 1
            # In a container the path may be the one outside it; the root is its own group then.
            group = PurePosixPath(path)
            for inner in (group, *group.parents):
                yield from _room(root / "sys/fs/cgroup", str(inner).strip("/"), version)


def _room(mounted: Path, group: str, version: int) -> Iterator[int]:
    folder, limit, used, cache = _GROUP_FILES[version]
    inside = mounted / folder / group
    try:
        most = (inside / limit).read_text(encoding="ascii").strip()
        if most == "max":
            return
        taken = int((inside / used).read_text(encoding="ascii"))
        stat = (inside / "memory.stat").read_text(encoding="ascii").splitlines()
        cached = dict(entry.split(maxsplit=1) for entry in stat).get(cache, "0")
        yield int(most) - taken + int(cached)
    except (OSError, ValueError):
        return  # the group has no such limit, or is not visible here


def _address_space() -> Iterator[int]:
    """What the limit of address space (`ulimit -v`) leaves, if there is one."""
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield limit - psutil.Process().memory_info().vms
