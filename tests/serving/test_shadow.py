"""A shadow scores what was answered, counts how often it agrees, and touches nobody."""

import asyncio
import json
import signal
from pathlib import Path

import numpy as np
import pytest

from maas.model.compatibility import encoding_differences
from maas.model.signature import Feature
from maas.registry.version import Version
from maas.serving import shadow as shadow_module
from maas.serving.shadow import Shadow
from tests.checked_load import LABELS, ONE, ROW, WITH_GAP, publish
from tests.model.graphs import feature, signature
from tests.releases import release
from tests.samples import FILES
from tests.serving.asgi import part
from tests.serving.monitoring.text import value
from tests.serving.test_following import Server, metric, predict
from tests.serving.versions import Followed, follow

pytestmark = pytest.mark.usefixtures("process")

ROWS = "maas_shadow_rows_total"
DROPPED = "maas_shadow_dropped_total"
SECONDS = "maas_shadow_seconds_count"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadow_module, "_GATHER_S", 0.001)
    monkeypatch.delenv("MAAS_METRICS_DIR", raising=False)
    signal.signal(signal.SIGTERM, Server().handle_exit)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder where v1, which answers 2, is live; its target's range is 100."""
    edges = json.dumps({"target": {"edges": [0.0, 100.0]}}).encode()
    monkeypatch.setitem(FILES, "reference.json", edges)
    folder = tmp_path / "models"
    release(folder, publish(folder, 1))
    return folder


async def counted(client: Followed, rows: int) -> tuple[float | None, ...]:
    """The rows that agree, that do not, and that were dropped, as soon as there are so many."""
    for _ in range(1000):
        text = (await client.get("/metrics")).body
        values = [value(text, ROWS, agrees=word) or 0 for word in ("true", "false")]
        values.append(value(text, DROPPED) or 0)
        if sum(values) >= rows:
            break
        await asyncio.sleep(0.005)
    return tuple(values)


async def shown(client: Followed) -> dict | None:
    return json.loads((await client.get("/model")).body)["shadow"]


def test_rows_that_were_answered_are_scored_single_and_in_batches(models: Path, monkeypatch):
    near, far = publish(models, 1.4), publish(models, 1.6)  # of 100, 0.8 and 1.2 apart
    batch = json.dumps({"rows": [ROW] * 200}).encode()

    async def talk(client: Followed) -> None:
        entry = release(models, near, "shadow")
        await client.look()
        assert await predict(client) == (1, 2)
        assert (await client.send("/predict_batch", part(batch))).status == 200
        assert await counted(client, 201) == (201, 0, 0)
        assert await metric(client, SECONDS) in (1, 2)
        digest = near.manifest.digest
        own = {"release": 2, "version": 2, "tag": "m:v2", "digest": digest}
        assert await shown(client) == own
        assert entry.release == 2
        release(models, far, "shadow")
        await client.look()
        assert await predict(client) == (1, 2)
        assert await counted(client, 202) == (201, 1, 0)
        release(models, None, "shadow")
        await client.look()
        assert await shown(client) is None
        assert await predict(client) == (1, 2)
        await asyncio.sleep(0.05)
        assert await counted(client, 202) == (201, 1, 0)
        assert client.instance.predictor.shadow is None

    follow(monkeypatch, models, talk)


def test_labels_agree_where_they_are_equal(tmp_path: Path, monkeypatch):
    models = tmp_path / "models"
    release(models, publish(models, 1, LABELS))
    same, other = publish(models, 2, LABELS), publish(models, -1, LABELS)

    async def talk(client: Followed) -> None:
        release(models, same, "shadow")
        await client.look()
        await client.send("/predict", part(json.dumps(ROW).encode()))
        await client.send("/predict_proba", part(json.dumps(ROW).encode()))
        assert await counted(client, 2) == (2, 0, 0)
        release(models, other, "shadow")
        await client.look()
        await client.send("/predict", part(json.dumps(ROW).encode()))
        assert await counted(client, 3) == (2, 1, 0)

    follow(monkeypatch, models, talk)


def test_a_shadow_stays_beside_what_becomes_live(models: Path, monkeypatch, logged: list[str]):
    second, third = publish(models, 1.2), publish(models, 50)

    async def talk(client: Followed) -> None:
        release(models, second, "shadow")
        release(models, third)
        await client.look()
        assert await predict(client) == (3, 100)
        assert await counted(client, 1) == (0, 1, 0)
        release(models, second)  # what is live has no shadow of itself
        await client.look()
        assert (await predict(client))[0] == 2
        assert await shown(client) is None

    follow(monkeypatch, models, talk)
    assert "INFO m:v2 is scored beside m:v3 (r2)" in logged
    assert not any(line.startswith(("WARNING", "ERROR")) for line in logged)


def damaged(models: Path) -> Version:
    version = publish(models, 7)
    (version.path / "model.onnx").chmod(0o644)
    (version.path / "model.onnx").write_bytes(b"x")
    return version


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda models: publish(models, 2, WITH_GAP), "features: there are 1 and 2"),
        (lambda models: publish(models, 2, LABELS), "task: regression and classification"),
        (damaged, "model.onnx: was altered"),
        (lambda models: publish(models, 2, graph=b"no graph"), "there is no shadow"),
    ],
)
def test_a_version_that_cannot_be_a_shadow_is_a_warning(
    models: Path, monkeypatch, logged: list[str], make, said: str
):
    async def talk(client: Followed) -> None:
        release(models, make(models), "shadow")
        await client.look()
        await client.look()
        assert await predict(client) == (1, 2)
        assert await shown(client) is None
        assert await metric(client, "maas_release_failures_total") == 0

    follow(monkeypatch, models, talk)
    (line,) = logged
    assert line.startswith("WARNING release r2: there is no shadow: ")
    assert said in line


def test_a_shadow_that_fails_touches_nobody(models: Path, monkeypatch, logged: list[str]):
    bad = publish(models, 3e38)  # its answers to ROW are not finite

    async def talk(client: Followed) -> None:
        release(models, bad, "shadow")
        await client.look()
        for _ in range(3):
            assert await predict(client) == (1, 2)
            await asyncio.sleep(0.01)
        assert await counted(client, 3) == (0, 0, 3)

    follow(monkeypatch, models, talk)
    warnings = [line for line in logged if line.startswith("WARNING")]
    assert len(warnings) == 1
    assert "which are dropped" in warnings[0]


class Metrics:
    def __init__(self) -> None:
        self.counted: list[tuple[int, int]] = []
        self.dropped = 0

    def count(self, agreeing: int, rows: int, _: float) -> None:
        self.counted.append((agreeing, rows))

    def drop(self, rows: int) -> None:
        self.dropped += rows


class Model:
    """Answers the first number of each row."""

    signature = ONE

    def predict(self, matrix: np.ndarray) -> list[float]:
        return matrix[:, 0].tolist()


def test_what_does_not_fit_into_the_queue_is_dropped_and_counted(monkeypatch):
    monkeypatch.setattr(shadow_module, "MAX_WAITING_BYTES", 44 * 10)
    metrics = Metrics()
    shadow = Shadow(Model(), 0.0, metrics)
    row = np.ones((1, 1), dtype=np.float32)
    for _ in range(12):
        shadow.offer(row, [1.0])
    shadow.offer(np.ones((11, 1), dtype=np.float32), [1.0] * 11)
    assert metrics.dropped == 13
    shadow.score_waiting()
    assert metrics.counted == [(10, 10)]
    shadow.offer(row, [2.0])
    shadow.score_waiting()
    assert metrics.counted[1:] == [(0, 1)]


def test_many_rows_are_scored_in_blocks(monkeypatch):
    monkeypatch.setattr(shadow_module, "_BLOCK_ROWS", 4)
    metrics = Metrics()
    shadow = Shadow(Model(), 0.5, metrics)
    for start in (0, 5):
        rows = np.arange(start, start + 5, dtype=np.float32).reshape(-1, 1)
        shadow.offer(rows, [start + 0.5, *range(start + 1, start + 5)])
    shadow.score_waiting()
    assert metrics.counted == [(4, 4), (4, 4), (2, 2)]


def categories(*names: str, **changes) -> Feature:
    return feature("c", "category", **({"categories": names} | changes))


@pytest.mark.parametrize(
    ("shadow", "said"),
    [
        (signature(feature("n"), categories("a", "b")), ""),
        (signature(feature("n", minimum=0.0, maximum=1.0), categories("a", "b")), ""),
        (signature(feature("n"), categories("a", "b", nullable=True)), ""),
        (signature(feature("n"), categories("b", "a")), "c: its categories differ"),
        (signature(feature("n"), categories("a", "b", "c")), "c: its categories differ"),
        (
            signature(feature("n", "integer"), categories("a", "b")),
            "n: its type is number and integer",
        ),
        (signature(categories("a", "b"), feature("n")), "n: c is in its place"),
    ],
)
def test_only_the_encoding_of_what_is_live_is_taken(shadow, said: str):
    live = signature(feature("n"), categories("a", "b"))
    found = encoding_differences(live, shadow)
    assert (said in found) if said else not found


def test_gaps_and_unseen_categories_of_what_is_live_must_be_taken():
    live = signature(feature("n", nullable=True), categories("a"), unknown="ignore")
    strict = signature(feature("n"), categories("a"), unknown="ignore")
    assert "may be null" in encoding_differences(live, strict)[0]
    strict = signature(feature("n", nullable=True), categories("a"))
    assert "did not see" in encoding_differences(live, strict)[0]
    assert encoding_differences(strict, live) == ()
