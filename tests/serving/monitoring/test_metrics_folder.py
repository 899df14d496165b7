"""The workers of one server share a folder, which the server makes and removes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maas.serving.monitoring.metrics_folder import use_folder
from tests.workspace import PROJECT

SERVER = """
import os, subprocess, sys
from maas.serving.monitoring.metrics_folder import share_folder
share_folder(1)
print(os.environ["MAAS_METRICS_DIR"], os.path.isdir(os.environ["MAAS_METRICS_DIR"]), flush=True)
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
"""
WORKER = """
import os
from maas.serving.monitoring.metrics_folder import use_folder
use_folder()
print(os.environ["PROMETHEUS_MULTIPROC_DIR"])
"""
GAUGES = """
import os
from prometheus_client import Counter, Gauge
Gauge("live", "text", multiprocess_mode="livesum").set(1)
Gauge("kept", "text", multiprocess_mode="max").set(1)
Counter("count", "text").inc()
print(os.getpid())
"""


def run(code: str, *args: str, **environ: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("METRICS_DIR")}
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=PROJECT,
        env=kept | environ,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_server_makes_a_folder_for_its_workers_and_removes_it(tmp_path: Path):
    output = run(SERVER, WORKER, TMPDIR=str(tmp_path), PROMETHEUS_MULTIPROC_DIR="/of/bentoml")
    (folder, existed), (used,) = map(str.split, output.splitlines())
    assert existed == "True"
    assert used == folder
    assert Path(folder).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_without_a_shared_folder_nothing_changes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MAAS_METRICS_DIR", raising=False)
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    use_folder()
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_only_the_live_gauges_of_dead_workers_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    dead = run(GAUGES, PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).strip()
    for name in (f"gauge_livesum_{os.getpid()}.db", "gauge_livesum_of_no_process.db"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/of/bentoml")
    monkeypatch.setenv("MAAS_METRICS_DIR", str(tmp_path))
    assert (tmp_path / f"gauge_livesum_{dead}.db").exists()
    use_folder()
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        [
            f"counter_{dead}.db",
            f"gauge_max_{dead}.db",
            f"gauge_livesum_{os.getpid()}.db",
            "gauge_livesum_of_no_process.db",
        ]
    )
