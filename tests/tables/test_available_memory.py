"""What a process can still get: of the machine, of its control groups, of its address space."""

import sys
from pathlib import Path

import psutil
import pytest

from maas.tables.available_memory import available_memory

MEGABYTE = 1_000_000


def write_group(folder: Path, limit: tuple[str, str], used: tuple[str, int], stat: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / limit[0]).write_text(f"{limit[1]}\n")
    (folder / used[0]).write_text(f"{used[1]}\n")
    (folder / "memory.stat").write_text(f"anon 5\n{stat}\n")


def write_v2(folder: Path, limit: str, used: int) -> None:
    stat = f"inactive_file {2 * MEGABYTE}"
    write_group(folder, ("memory.max", limit), ("memory.current", used), stat)


def write_groups_of_process(root: Path, lines: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(lines)


def test_without_groups_it_is_what_the_machine_has(tmp_path: Path):
    assert 0 < available_memory(tmp_path) <= psutil.virtual_memory().total


@pytest.mark.parametrize("inner", ["max", str(90 * MEGABYTE)])
def test_the_tightest_group_counts_and_its_page_cache_is_free(tmp_path: Path, inner: str):
    write_groups_of_process(tmp_path, "0::/job/step\n")
    groups = tmp_path / "sys/fs/cgroup"
    write_v2(groups / "job/step", inner, 10 * MEGABYTE)
    write_v2(groups / "job", str(50 * MEGABYTE), 40 * MEGABYTE)
    assert available_memory(tmp_path) == 12 * MEGABYTE


def test_in_a_container_the_group_is_at_the_root(tmp_path: Path):
    write_groups_of_process(tmp_path, "0::/outside/container\n")
    write_v2(tmp_path / "sys/fs/cgroup", str(30 * MEGABYTE), 25 * MEGABYTE)
    assert available_memory(tmp_path) == 7 * MEGABYTE


def test_groups_of_version_1_count(tmp_path: Path):
    write_groups_of_process(tmp_path, "9:name=systemd:/\n4:cpu,memory:/docker/a\n0::/\n")
    folder = tmp_path / "sys/fs/cgroup/memory/docker/a"
    limit = ("memory.limit_in_bytes", str(20 * MEGABYTE))
    stat = f"total_inactive_file {MEGABYTE}"
    write_group(folder, limit, ("memory.usage_in_bytes", 30 * MEGABYTE), stat)
    assert available_memory(tmp_path) == 0
    write_group(folder, limit, ("memory.usage_in_bytes", 15 * MEGABYTE), stat)
    assert available_memory(tmp_path) == 6 * MEGABYTE


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_limit_of_address_space_counts(tmp_path: Path):
    import resource

    kept = resource.getrlimit(resource.RLIMIT_AS)
    taken = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (taken + 100 * MEGABYTE, kept[1]))
    try:
        assert available_memory(tmp_path) <= 100 * MEGABYTE
    finally:
        resource.setrlimit(resource.RLIMIT_AS, kept)
