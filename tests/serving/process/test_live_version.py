"""What is live when a process starts, and what a worker takes where that cannot be served."""

import shutil
from pathlib import Path

import pytest

from maas.config.service_config import ServiceConfig
from maas.errors import DamagedError, MaasError
from maas.registry.files import read_bounded
from maas.registry.ledger import LEDGER
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.process import live_version
from maas.serving.process.live_version import (
    find_at_start,
    find_in_worker,
    hand_down,
    keep_ledger,
    open_release,
)
from maas.serving.process.model_loading import served_signature
from maas.serving.process.worker_failure import log_notes
from tests.model.graphs import linear_graph, numbers
from tests.releases import release, write_ledger
from tests.samples import FILES, RUN, damage, make_manifest

CONFIG = ServiceConfig()


def publish(folder: Path, weight: float, graph: bytes | None = None, **changes) -> Version:
    """A version of a model that multiplies one number."""
    files = FILES | {"model.onnx": graph or linear_graph([weight])}
    signature = numbers(1, example={"n0": 0.5}, input_bound=1e30)
    content = {"signature": signature, "metrics": {"r2": weight / 100}} | changes
    return Registry(folder).publish(make_manifest(files=files, **content), files, RUN, ())


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with v1, v2 and v3, and a folder of this server's workers."""
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("MAAS_METRICS_DIR", str(shared))
    monkeypatch.setenv(live_version._FIRST, "")
    for weight in (1, 2, 3):
        publish(tmp_path / "models", weight)
    return tmp_path / "models"


def version(models: Path, number: int) -> Version:
    return Registry(models).open(number)


def in_worker(models: Path, config: ServiceConfig = CONFIG) -> tuple[int, int | None]:
    found, entry = find_in_worker(Registry(models), config)
    log_notes()  # as a worker does when it has started
    return found.number, entry.release if entry else None


def test_the_live_version_is_that_of_the_newest_promotion_or_rollback(models: Path):
    release(models, version(models, 2))
    release(models, version(models, 3), "shadow")
    found, entry = find_at_start(Registry(models))
    assert (found.number, entry.release if entry else 0) == (2, 1)
    assert in_worker(models) == (2, 1)
    release(models, version(models, 1), "rollback")
    assert in_worker(models) == (1, 3)


def test_before_the_first_release_all_workers_serve_the_newest_of_the_start(models: Path):
    found, entry = find_at_start(Registry(models))
    assert (found.number, entry) == (3, None)
    hand_down(found, models)
    publish(models, 4)
    assert in_worker(models) == (3, None)
    assert find_at_start(Registry(models))[0].number == 3
    release(models, version(models, 1))
    assert in_worker(models) == (1, 1)


def test_a_first_version_that_was_replaced_is_not_served(models: Path):
    hand_down(version(models, 3), models)
    shutil.rmtree(models / "v3")
    publish(models, 30)
    with pytest.raises(DamagedError, match="when the service started"):
        in_worker(models)


def spoil(models: Path) -> None:
    write_ledger(models, (models / LEDGER).read_bytes().replace(b"a test", b"a tale"))


@pytest.mark.parametrize("harm", [spoil, lambda models: (models / LEDGER).unlink()])
def test_a_worker_that_finds_the_ledger_damaged_takes_the_last_valid_one(
    models: Path, harm, logged: list[str]
):
    release(models, version(models, 1))
    hand_down(version(models, 1), models)
    release(models, version(models, 2))
    keep_ledger(read_bounded(models / LEDGER))  # as a worker that follows does
    harm(models)
    assert in_worker(models) == (2, 2)
    assert in_worker(models) == (2, 2)
    (line,) = logged
    assert line.startswith("WARNING this worker serves m:v2 of release r2: ")
    assert LEDGER in line


def test_a_worker_without_a_valid_ledger_takes_what_was_live_at_the_start(
    models: Path, logged: list[str]
):
    hand_down(version(models, 2), models)
    release(models, version(models, 3))
    spoil(models)
    assert in_worker(models) == (2, None)
    assert "serves what was live at the start" in logged[0]


def test_the_start_refuses_a_damaged_ledger_and_a_damaged_version(models: Path):
    release(models, version(models, 2))
    shutil.rmtree(models / "v2")
    with pytest.raises(DamagedError, match="v2: is missing, and live since release 1"):
        find_at_start(Registry(models))
    spoil(models)
    with pytest.raises(DamagedError, match="release 1 is not what its hash says"):
        find_at_start(Registry(models))


def replace_folder(models: Path) -> None:
    shutil.rmtree(models / "v3")
    shutil.copytree(models / "v2", models / "v3")


@pytest.mark.parametrize(
    "harm",
    [
        lambda models: shutil.rmtree(models / "v3"),
        lambda models: damage(models / "v3/saved_model.pkl", b"x"),
        lambda models: damage(models / "v3/manifest.json", b"x"),
        replace_folder,
    ],
)
def test_a_worker_goes_back_to_the_newest_release_that_can_be_served(
    models: Path, harm, logged: list[str]
):
    for number in (1, 2, 3):
        release(models, version(models, number))
    harm(models)
    assert in_worker(models) == (2, 2)
    assert logged[0].startswith("WARNING this worker serves m:v2 of release r2: release r3 cannot")


def test_a_worker_goes_back_from_a_version_that_is_whole_and_cannot_be_loaded(models: Path):
    release(models, version(models, 1))
    release(models, publish(models, 9, graph=b"no graph"))
    assert in_worker(models) == (1, 1)


def test_a_worker_goes_back_to_what_was_live_at_the_start_at_last(models: Path):
    hand_down(version(models, 2), models)
    release(models, version(models, 3))
    shutil.rmtree(models / "v3")
    assert in_worker(models) == (2, None)
    shutil.rmtree(models / "v2")
    with pytest.raises(MaasError, match="no such version"):
        in_worker(models)


def test_a_worker_takes_only_the_digest_that_is_demanded(models: Path):
    demanded = version(models, 1).manifest.digest
    release(models, version(models, 1))
    release(models, version(models, 2))
    assert in_worker(models, ServiceConfig(model_digest=demanded)) == (1, 1)


def test_a_service_that_does_not_follow_keeps_the_version_of_its_start(models: Path):
    release(models, version(models, 1))
    hand_down(version(models, 1), models)
    release(models, version(models, 2))
    assert in_worker(models, ServiceConfig(follow_s=0)) == (1, 1)


def test_the_bound_of_a_release_is_that_of_a_version_that_records_none(models: Path):
    signature = numbers(1, example={"n0": 0.5})
    unbound = publish(models, 7, signature=signature)
    entry = release(models, unbound, input_bound=1e20)
    assert served_signature(open_release(Registry(models), entry)).input_bound == 1e20
