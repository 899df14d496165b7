"""Parts on a real Dask cluster, whose processes are killed, or lack what they need."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("distributed", reason="in requirements/dev.txt and dask.txt only")

from distributed import Client

from maas.errors import DataError, InputError, MaasError, ScoringError, UnreadableDataError
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.scoring import dask_cluster, dask_engine, parts
from maas.scoring.dask_engine import DaskEngine
from maas.scoring.plan import Request
from maas.scoring.run import score
from tests.conftest import TrainOnce
from tests.scoring.inline import InlineEngine
from tests.scoring_cluster import Cluster, running_cluster
from tests.workspace import PROJECT, Workspace, snapshot

ROWS = 60_000


@pytest.fixture(scope="module")
def forest(train_once: TrainOnce) -> Workspace:
    """A workspace whose v1 takes its time."""
    params = "estimator.params={n_estimators: 100}"
    return train_once("--set", "estimator.name=RandomForestClassifier", "--set", params)


@pytest.fixture(scope="module")
def version(forest: Workspace) -> Version:
    return Registry(forest.models).open(1)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve row groups."""
    path = tmp_path_factory.mktemp("source") / "rows.parquet"
    values = np.random.default_rng(1).uniform(0, 7, (2, ROWS))
    table = pa.table({"feature1": values[0], "feature2": values[1], "id": np.arange(ROWS)})
    pq.write_table(table, path, row_group_size=ROWS // 12)
    return path


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row group is a part."""
    monkeypatch.setattr(parts, "_MIN_ROWS", 1000)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A worker of one thread, and one of two; nannies start them again."""
    with running_cluster(tmp_path_factory.mktemp("cluster"), workers=1) as cluster:
        cluster.add_worker(threads=2)
        with connected(cluster) as client:
            client.wait_for_workers(2, timeout=60)
        yield cluster


@contextlib.contextmanager
def connected(cluster: Cluster) -> Iterator[Client]:
    with Client(cluster.address, set_as_default=False, timeout=30) as client:
        yield client


@contextlib.contextmanager
def in_background(call: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=call)
    thread.start()
    yield
    thread.join()


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def whole(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!_.]*.parquet"))


def content(folder: Path) -> dict[str, str]:
    """The hash of each file but of the record, which has times in it; hidden ones too."""
    return {name: digest for name, digest in snapshot(folder).items() if name != "_score.json"}


@pytest.fixture(scope="module")
def expected(version: Version, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the local engine writes."""
    folder = tmp_path_factory.mktemp("local") / "out"
    with pytest.MonkeyPatch.context() as patch, InlineEngine() as engine:
        patch.setattr(parts, "_MIN_ROWS", 1000)
        record = score(version, Request(str(source), folder, probabilities=True), engine)
    assert record.scored == ROWS
    assert len(whole(folder)) == 12
    return folder


def test_a_cluster_writes_what_this_machine_writes(
    cluster: Cluster, version: Version, source: Path, expected: Path, tmp_path: Path
):
    request = Request(str(source), tmp_path / "out", probabilities=True)
    with DaskEngine(cluster.address, 1) as engine:
        record = score(version, request, engine)
        assert (record.scored, record.engine, record.workers) == (ROWS, "dask", 3)
        assert content(tmp_path / "out") == content(expected)
        score(version, request, engine)  # nothing is left to do
    local = json.loads((expected / "_score.json").read_text())
    assert record.counts == local["counts"]


def test_threads_of_one_worker_share_a_model_and_give_the_same_bits(
    workspace: Workspace, source: Path, tmp_path: Path
):
    name = "estimator.name=HistGradientBoostingClassifier"
    version = workspace.train_here(name, "estimator.params={max_iter: 5}", "runtime=sklearn")
    with InlineEngine() as local:
        score(version, Request(str(source), tmp_path / "local", probabilities=True), local)
    with running_cluster(tmp_path, workers=0) as cluster:
        cluster.add_worker(threads=4, nanny=False)  # a nanny would limit OpenMP
        with DaskEngine(cluster.address, 1) as engine:
            request = Request(str(source), tmp_path / "dask", probabilities=True)
            assert score(version, request, engine).workers == 4
            loads = engine.run(count_loads, [0])
            assert list(loads) == [1]
            threads = [count for task in engine.run(count_threads, range(8)) for count in task]
            assert set(threads) == {1}
    assert content(tmp_path / "dask") == content(tmp_path / "local")


def count_loads(_: int) -> int:
    from maas.scoring.loaded_model import _load

    return _load.cache_info().misses


def count_threads(_: int) -> list[int]:
    """How many threads each library may use that computes."""
    from threadpoolctl import threadpool_info

    time.sleep(0.2)  # so that each thread is given a task
    return [library["num_threads"] for library in threadpool_info()]


def test_a_killed_worker_loses_no_row(
    cluster: Cluster, version: Version, source: Path, expected: Path, tmp_path: Path
):
    out = tmp_path / "out"
    with connected(cluster) as client, DaskEngine(cluster.address, 1) as engine:
        before = client.run(os.getpid)

        def kill() -> None:
            wait_until(lambda: whole(out))
            os.kill(next(iter(before.values())), signal.SIGKILL)

        with in_background(kill):
            record = score(version, Request(str(source), out, probabilities=True), engine)
        assert record.scored == ROWS
        wait_until(lambda: len(client.nthreads()) == 2)
        assert client.run(os.getpid) != before
    assert content(out) == content(expected)  # and no file that was being written


def test_a_worker_that_kills_itself_at_each_try_ends_the_job(cluster: Cluster):
    with DaskEngine(cluster.address, 1) as engine:
        with pytest.raises(ScoringError, match="at which 3 others had been killed"):
            list(engine.run(kill_this_process, [0]))
        assert list(engine.run(abs, [-1])) == [1]  # it is as good as before


def kill_this_process(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_an_invalid_row_ends_the_job_and_leaves_nothing(
    cluster: Cluster, version: Version, source: Path, tmp_path: Path
):
    table = pq.read_table(source)
    values = table["feature1"].to_numpy().copy()
    values[12_345] = np.nan
    bad = tmp_path / "bad.parquet"
    pq.write_table(table.set_column(0, "feature1", [values]), bad, row_group_size=ROWS // 12)
    with DaskEngine(cluster.address, 1) as engine, connected(cluster) as client:
        with pytest.raises(DataError, match="row 12346: field 'feature1'") as raised:
            score(version, Request(str(bad), tmp_path / "out"), engine)
        assert "worker" not in str(raised.value)
        assert not any(client.processing().values())
    assert not list(tmp_path.glob("out/*"))


def test_what_a_stopped_run_was_at_has_ended_before_its_error_comes(
    cluster: Cluster, tmp_path: Path
):
    with DaskEngine(cluster.address, 1) as engine:
        tasks = [tmp_path / "fails", *(tmp_path / str(i) for i in range(9))]
        with pytest.raises(InputError, match="fails: is what this one does"):
            list(engine.run(write_late, tasks))
        written = set(tmp_path.iterdir())
        time.sleep(1)
        assert set(tmp_path.iterdir()) == written
        assert 0 < len(written) < 9


def write_late(path: Path) -> None:
    time.sleep(0.3)
    if path.name == "fails":
        raise InputError(path.name, "is what this one does", "do not")
    time.sleep(0.5)
    path.touch()


@pytest.mark.parametrize("engine", ["cluster", "own"])
def test_errors_come_back_as_they_were(cluster: Cluster, engine: str):
    address = cluster.address if engine == "cluster" else None
    with DaskEngine(address, 1) as dask:
        with pytest.raises(UnreadableDataError) as raised:
            list(dask.run(raise_error, [UnreadableDataError("a.csv", "is no file", "make one")]))
        line = str(raised.value)
        assert line.endswith("a.csv: is no file; make one")
        assert line.startswith("worker tcp://127.0.0.1") == (engine == "cluster")
        with pytest.raises(ScoringError, match="a worker: cannot load this project"):
            list(dask.run(raise_error, [ModuleNotFoundError("No module named 'sklearn'")]))
        with pytest.raises(MaasError, match=r"a worker: failed .*No space left"):
            list(dask.run(raise_error, [OSError(28, "No space left on device")]))
        with pytest.raises(ZeroDivisionError):
            list(dask.run(raise_error, [ZeroDivisionError()]))


def raise_error(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    "address", ["foo", "foo:80", "tcp://", "tcp://host", "http://host:80", "tcp://host:x", ""]
)
def test_what_is_no_address_is_refused(address: str):
    with pytest.raises(InputError, match="is not the address of a scheduler"):
        DaskEngine(address, 1).__enter__()


def test_a_scheduler_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dask_cluster, "_CONNECT_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for address in (f"127.0.0.1:{silent.getsockname()[1]}", "127.0.0.1:9", "no-such.invalid:1"):
            with pytest.raises(ScoringError, match=f"scheduler tcp://{address}: does not answer"):
                DaskEngine(f"tcp://{address}", 1).__enter__()
    with pytest.raises(ScoringError, match="does not answer"):
        DaskEngine("tls://127.0.0.1:9", 1).__enter__()


def test_a_cluster_without_workers_is_waited_for_then_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dask_engine, "_WITHOUT_WORKERS_S", 1)
    with running_cluster(tmp_path, workers=0) as cluster:
        with pytest.raises(ScoringError, match="has had no worker for 1 seconds"):
            DaskEngine(cluster.address, 1).__enter__()
        monkeypatch.setattr(dask_engine, "_WITHOUT_WORKERS_S", 60)
        worker = cluster.add_worker(nanny=False)
        with DaskEngine(cluster.address, 1) as engine:
            assert engine.workers == 1
            monkeypatch.setattr(dask_engine, "_WITHOUT_WORKERS_S", 1)
            results = engine.run(sleep, [0.0, 60.0])
            next(results)
            worker.kill()
            with pytest.raises(ScoringError, match="has had no worker for"):
                next(results)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def test_a_scheduler_that_dies_ends_the_job(tmp_path: Path):
    running = running_cluster(tmp_path, workers=1)
    with running as cluster, DaskEngine(cluster.address, 1) as engine:
        results = engine.run(sleep, [0.0, 60.0])
        next(results)
        cluster.scheduler.kill()
        with pytest.raises(ScoringError, match=rf"scheduler {cluster.address}: was lost"):
            next(results)


def test_workers_that_could_give_other_bits_are_refused(tmp_path: Path):
    other = tmp_path / "other"
    shutil.copytree(PROJECT / "maas", other / "maas")
    with (other / "maas/errors.py").open("a") as file:
        file.write("\n")
    with running_cluster(tmp_path, workers=0) as cluster:
        worker = cluster.add_worker(cwd=other, nanny=False)
        found = r"worker tcp://127.0.0.1:\d+: has maas source \w+, and this command has source \w+"
        with pytest.raises(ScoringError, match=found):
            DaskEngine(cluster.address, 1).__enter__()
        worker.kill()
        with connected(cluster) as client:
            wait_until(lambda: not client.nthreads())
        worker = cluster.add_worker(nanny=False)
        with DaskEngine(cluster.address, 1) as engine, connected(cluster) as client:
            cluster.add_worker(cwd=other, nanny=False)  # which comes later
            client.wait_for_workers(2)
            late = r"worker tcp://\S+ on \S+: has maas source"
            with pytest.raises(ScoringError, match=late):
                list(engine.run(time.sleep, [0.2] * 50))


def test_workers_and_schedulers_without_the_project_are_refused(tmp_path: Path):
    with running_cluster(tmp_path, workers=0) as cluster:
        cluster.add_worker(cwd=tmp_path, nanny=False)
        with pytest.raises(ScoringError, match=r"worker .*: cannot load this project .*'maas'"):
            DaskEngine(cluster.address, 1).__enter__()


def test_a_worker_without_the_models_folder_is_named(
    cluster: Cluster, own: Workspace, tmp_path: Path
):
    version = Registry(own.models).open(1)
    with DaskEngine(cluster.address, 1) as engine:
        own.models.rename(tmp_path / "away")
        try:
            with pytest.raises(InputError, match=r"worker tcp://\S+ on .*/models/v1: does not ex"):
                list(engine.run(load, [str(version.path)]))
        finally:
            (tmp_path / "away").rename(own.models)


def load(path: str) -> None:
    from maas.scoring.loaded_model import load_model

    load_model(path, "sha256:0")


def test_a_file_that_a_worker_does_not_see_costs_nothing_that_is_scored(
    cluster: Cluster, version: Version, source: Path, tmp_path: Path
):
    seen, out = tmp_path / "rows.parquet", tmp_path / "out"
    shutil.copy2(source, seen)

    def hide() -> None:
        wait_until(lambda: whole(out))
        seen.rename(tmp_path / "hidden")

    with DaskEngine(cluster.address, 1) as engine:
        with (
            in_background(hide),
            pytest.raises(UnreadableDataError, match=r"worker .*(cannot be re|does not exist)"),
        ):
            score(version, Request(str(seen), out), engine)
        assert whole(out)
        (tmp_path / "hidden").rename(seen)
        assert score(version, Request(str(seen), out), engine).scored == ROWS


def test_the_command_says_nothing_of_dask(
    cluster: Cluster, forest: Workspace, source: Path, tmp_path: Path
):
    arguments = ("score", str(source), str(tmp_path / "out"), "--engine", "dask")
    done = forest.maas(*arguments, "--workers", "2")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1), done.stderr
    ignored = "columns that the model does not take are left out: id\n"
    lines = done.stderr.splitlines(keepends=True)
    assert [line for line in lines if " rows, " not in line] == [ignored]  # but for the progress
    done = forest.maas(*arguments, "--scheduler", cluster.address)
    assert done.returncode == 0
    assert (
        done.stderr
        == f"{ignored}{tmp_path}/out holds what this job writes: nothing is left to do\n"
    )
    done = forest.maas(*arguments, "--scheduler", "tcp://127.0.0.1:9")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("error: scheduler tcp://127.0.0.1:9: does not answer")
    for options in (("--scheduler", "foo"), ("--scheduler", cluster.address, "--workers", "2")):
        done = forest.maas(*arguments, *options)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_ctrl_c_is_one_line_and_the_same_command_goes_on(
    forest: Workspace, source: Path, tmp_path: Path
):
    out, many = tmp_path / "out", tmp_path / "many.parquet"
    # So many parts that some are left when the first one has been seen.
    pq.write_table(pa.concat_tables([pq.read_table(source)] * 10), many, row_group_size=1000)
    script = (
        "import sys; from maas.scoring import parts; parts._MIN_ROWS = 1000\n"
        "from maas.__main__ import run; sys.exit(run())"
    )
    command = [sys.executable, "-c", script, "score", str(many), str(out), "--engine", "dask"]
    with subprocess.Popen(
        [*command, "--workers", "1"],
        cwd=PROJECT,
        env=forest.env(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell ignores it in what it starts in the background, and so would all below it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        wait_until(lambda: whole(out))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[1:]) == (130, ["error: stopped"])
    with InlineEngine() as engine:
        assert score(Registry(forest.models).open(1), Request(str(many), out), engine)
    assert len(whole(out)) == 10 * ROWS // 1000


def test_without_dask_the_command_says_how_to_install_it(trained: Workspace, tmp_path: Path):
    script = (
        "import sys; sys.modules['dask'] = None; from maas.__main__ import run; sys.exit(run())"
    )
    done = trained.run("-c", script, "score", "a.csv", str(tmp_path / "out"), "--engine", "dask")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: engine dask: needs the package dask, which is not installed; install it: "
        "`pip install --require-hashes -r requirements/dask.txt`\n"
    )
