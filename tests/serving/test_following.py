"""What is live is served from one request to the next; what cannot be served changes nothing."""

import asyncio
import gc
import json
import shutil
import signal
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maas.registry.ledger import LEDGER
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.process import following
from tests.checked_load import LABELS, ONE, ROW, WITH_GAP, publish
from tests.releases import release, write_ledger
from tests.samples import damage
from tests.serving.asgi import Send, part
from tests.serving.monitoring.text import parse, value
from tests.serving.versions import Followed, follow

pytestmark = pytest.mark.usefixtures("process")

BODY = json.dumps(ROW).encode()


class Server:
    """As much of uvicorn's server as draining knows."""

    should_exit = False

    def handle_exit(self, *_: object) -> None: ...


@pytest.fixture(autouse=True)
def process_of_a_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test keeps a ledger for another; the server is one that can be drained."""
    monkeypatch.delenv("MAAS_METRICS_DIR", raising=False)
    signal.signal(signal.SIGTERM, Server().handle_exit)
    yield
    gc.collect()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder where v1, which answers 2, is live; v2 answers 4."""
    folder = tmp_path / "models"
    release(folder, publish(folder, 1))
    publish(folder, 2)
    return folder


def version(models: Path, number: int) -> Version:
    return Registry(models).open(number)


async def predict(client: Followed) -> tuple[int, Any]:
    """The version that answers a row, and what it answers; all of the answer is of that one."""
    send = await client.send("/predict", part(BODY))
    headers, content = dict(send.headers), json.loads(send.body)
    assert headers[b"x-model-version"] == str(content["model_version"]).encode()
    return content["model_version"], content["prediction"]


async def metric(client: Followed, name: str, **labels: str) -> float | None:
    return value((await client.get("/metrics")).body, name, **labels)


def test_a_release_is_served_from_the_next_request_on(models: Path, monkeypatch, logged):
    async def talk(client: Followed) -> None:
        await client.look()
        assert await predict(client) == (1, 2)
        entry = release(models, version(models, 2), reason="it is\nbetter")
        assert await predict(client) == (1, 2)
        await client.look()
        assert await predict(client) == (2, 4)
        model = json.loads((await client.get("/model")).body)
        assert (model["version"], model["digest"]) == (2, version(models, 2).manifest.digest)
        assert model["release"] == {"release": 2, "at": entry.at, "reason": "it is\nbetter"}
        assert json.loads((await client.get("/docs.json")).body)["info"]["version"] == "v2"
        assert json.loads((await client.get("/schema.json")).body) == {"name": "m:v2"}

    follow(monkeypatch, models, talk)
    digest = version(models, 2).manifest.digest
    assert logged == [f"INFO now serving m:v2 {digest} (r2 by someone@here: it is\\nbetter)"]


def test_a_request_ends_with_the_version_it_began_with(models: Path, monkeypatch):
    async def talk(client: Followed) -> None:
        messages: asyncio.Queue[Any] = asyncio.Queue()
        predictor = weakref.ref(client.instance.predictor._predictor)
        waiting = asyncio.create_task(client.send(receive=messages.get))
        await asyncio.sleep(0)
        release(models, version(models, 2))
        await client.look()
        assert await predict(client) == (2, 4)
        assert predictor() is not None
        messages.put_nowait(part(BODY))
        send = await waiting
        content = {"input": ROW, "prediction": 2, "model_version": 1}
        assert json.loads(send.body) == content
        assert dict(send.headers)[b"x-model-version"] == b"1"
        assert predictor() is None  # its last request has ended
        assert await predict(client) == (2, 4)

    follow(monkeypatch, models, talk)


def test_what_a_version_leaves_is_freed(models: Path, monkeypatch):
    async def talk(client: Followed) -> None:
        release(models, version(models, 2))
        await client.look()
        endpoints = client.app._current.served.endpoints
        left = weakref.ref(client.instance), weakref.ref(endpoints["/predict"])
        del endpoints
        release(models, version(models, 1))
        await client.look()
        await asyncio.sleep(0.01)
        assert [ref() for ref in left] == [None, None]

    follow(monkeypatch, models, talk)


ORIGIN = (b"origin", b"https://a")
ASKS = (b"access-control-request-method", b"POST")


def test_versions_may_have_other_types_and_routes(models: Path, monkeypatch):
    gap, labels = publish(models, 3, WITH_GAP), publish(models, 4, LABELS)

    async def talk(client: Followed) -> None:
        async def ask(path: str, method: str = "POST") -> Send:
            return await client.send(path, part(BODY), method=method, headers=(ORIGIN, ASKS))

        assert (await ask("/predict_proba")).status == 404
        assert (await ask("/predict_proba", "OPTIONS")).status == 404
        release(models, labels)
        await client.look()
        assert json.loads((await ask("/predict")).body)["prediction"] == "yes"
        assert (await ask("/predict_proba")).status == 200
        assert (await ask("/predict_proba", "OPTIONS")).status == 204
        assert b"did you mean /predict_proba" in (await ask("/predict_proba/")).body
        paths = json.loads((await client.get("/docs.json")).body)["paths"]
        assert "/predict_proba" in paths
        release(models, gap)
        await client.look()
        assert json.loads((await ask("/predict")).body)["input"] == ROW | {"n1": None}
        assert (await ask("/predict_proba")).status == 404
        assert b"did you mean" not in (await ask("/predict_proba/")).body
        assert (await ask("/predict_proba", "OPTIONS")).status == 404

    follow(monkeypatch, models, talk, cors_origins=("*",))


def spoil(models: Path) -> None:
    release(models, version(models, 2))
    write_ledger(models, (models / LEDGER).read_bytes().replace(b"a test", b"a tale", 1))


def newer_format(models: Path) -> None:
    data = json.loads((models / LEDGER).read_bytes()) | {"schema_version": 2}
    write_ledger(models, json.dumps(data).encode())


def damaged_file(models: Path) -> None:
    damage(models / "v2/saved_model.pkl", b"x")
    release(models, version(models, 2))


def another_digest(models: Path) -> None:
    release(models, version(models, 2), digest="sha256:" + "0" * 64)


def another_model(models: Path) -> None:
    other = models.parent / "other"
    publish(other, 5, model_name="other")
    shutil.copytree(other / "v1", models / "v3")
    release(models, version(models, 3))


def no_graph(models: Path) -> None:
    release(models, publish(models, 5, graph=b"no graph"))


def other_width(models: Path) -> None:
    release(models, publish(models, 6, WITH_GAP, graph=publish_graph()))


def publish_graph() -> bytes:
    from tests.model.graphs import linear_graph

    return linear_graph([1, 1, 1])


def bad_example(models: Path) -> None:
    kind = ONE.model_copy(update={"example": {"n0": 3.0}})
    release(models, publish(models, 3e38, kind))  # its answer is not finite


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (spoil, "release 1 is not what its hash says"),
        (newer_format, "upgrade this installation"),
        (lambda models: (models / LEDGER).unlink(), "is missing"),
        (damaged_file, "saved_model.pkl: was altered"),
        (another_digest, "is not the version that release 2 names"),
        (another_model, "other:v3: is not a version of m"),
        (no_graph, "release r2 cannot be served"),
        (other_width, "release r2 cannot be served"),
        (bad_example, "release r2 cannot be served"),
    ],
)
def test_what_cannot_be_served_changes_nothing(
    models: Path, monkeypatch, logged: list[str], harm, said: str
):
    async def talk(client: Followed) -> None:
        await client.look()
        harm(models)
        for _ in range(3):
            await client.look()
            assert await predict(client) == (1, 2)
        assert (await client.get("/readyz")).status == 200
        assert await metric(client, "maas_release_failures_total") == 1
        assert await metric(client, "maas_model_info") == 1
        (models / LEDGER).unlink(missing_ok=True)
        release(models, version(models, 1))
        shutil.rmtree(models / "v3", ignore_errors=True)
        release(models, publish(models, 31))
        await client.look()
        assert (await predict(client))[1] == 62  # the ledger moved

    follow(monkeypatch, models, talk)
    errors = [line for line in logged if line.startswith("ERROR")]
    assert len(errors) == 1
    assert said in errors[0]
    assert errors[0].endswith("; m:v1 goes on")


def test_the_last_valid_ledger_is_kept_for_workers_that_start_later(
    models: Path, monkeypatch, tmp_path: Path
):
    kept = tmp_path / LEDGER

    async def talk(client: Followed) -> None:
        monkeypatch.setenv("MAAS_METRICS_DIR", str(tmp_path))
        release(models, version(models, 2))
        await client.look()
        assert kept.read_bytes() == (models / LEDGER).read_bytes()
        spoil(models)
        await client.look()
        assert kept.read_bytes() != (models / LEDGER).read_bytes()
        assert json.loads(kept.read_bytes())["entries"][-1]["release"] == 2

    follow(monkeypatch, models, talk)


def test_a_demanded_digest_is_not_given_up(models: Path, monkeypatch, logged: list[str]):
    async def talk(client: Followed) -> None:
        release(models, version(models, 2))
        await client.look()
        await client.look()
        assert await predict(client) == (1, 2)
        assert await metric(client, "maas_release_failures_total") == 1

    follow(monkeypatch, models, talk, model_digest=version(models, 1).manifest.digest)
    assert len(logged) == 1
    assert "the service demands sha256:" in logged[0]


def test_a_version_whose_folder_comes_late_is_waited_for(models: Path, monkeypatch, logged):
    async def talk(client: Followed) -> None:
        release(models, version(models, 2))
        (models / "v2").rename(models / "late")
        await client.look()
        await client.look()
        assert await predict(client) == (1, 2)
        assert await metric(client, "maas_release_failures_total") == 0
        (models / "late").rename(models / "v2")
        await client.look()
        assert await predict(client) == (2, 4)

    follow(monkeypatch, models, talk)
    assert logged[0] == "WARNING release r2: v2 is not there yet, and is looked for again for 60 s"
    assert len(logged) == 2


def test_a_version_that_does_not_come_is_given_up(models: Path, monkeypatch, logged: list[str]):
    monkeypatch.setattr(following, "_MISSING_S", 0)

    async def talk(client: Followed) -> None:
        release(models, version(models, 2))
        shutil.rmtree(models / "v2")
        await client.look()
        await client.look()
        assert await predict(client) == (1, 2)

    follow(monkeypatch, models, talk)
    assert "ERROR release r2 cannot be served" in logged[1]
    assert len(logged) == 2


def test_a_version_that_is_deleted_while_it_is_live_is_served_on(models: Path, monkeypatch, logged):
    async def talk(client: Followed) -> None:
        shutil.rmtree(models / "v1")
        await client.look()
        assert await predict(client) == (1, 2)

    follow(monkeypatch, models, talk)
    assert logged == []


def test_the_first_release_of_what_is_served_loads_nothing(tmp_path: Path, monkeypatch):
    models = tmp_path / "models"
    first = publish(models, 1)

    async def talk(client: Followed) -> None:
        instance = client.instance
        await client.look()
        assert json.loads((await client.get("/model")).body)["release"] is None
        assert await metric(client, "maas_release") == 0
        release(models, first)
        await client.look()
        assert client.instance is instance
        assert json.loads((await client.get("/model")).body)["release"]["release"] == 1
        assert await metric(client, "maas_release") == 1
        assert await predict(client) == (1, 2)

    follow(monkeypatch, models, talk, start=first)


def test_a_worker_that_stops_follows_no_more(models: Path, monkeypatch):
    async def talk(client: Followed) -> None:
        look = asyncio.create_task(client.look())
        release(models, version(models, 2))
        signal.raise_signal(signal.SIGTERM)
        await look
        await asyncio.wait_for(client.follower.watch(), 5)
        assert await predict(client) == (1, 2)

    follow(monkeypatch, models, talk, drain_s=60)


def test_counts_are_of_the_version_that_answered(models: Path, monkeypatch):
    async def talk(client: Followed) -> None:
        await predict(client)
        release(models, version(models, 2))
        await client.look()
        await predict(client)
        await predict(client)
        text = (await client.get("/metrics")).body
        total, name = "bentoml_service_request_total", "maas_prediction_value_count"
        for number, count in ((1, 1), (2, 2)):
            labels = {"service_version": f"v{number}", "endpoint": "/predict"}
            assert value(text, total, **labels) == count
            assert value(text, name, version=str(number)) == count  # trying one counts nothing
        shown = [s.labels["version"] for s in parse(text) if s.name == "maas_model_info"]
        assert shown == ["2"]
        assert value(text, "maas_release") == 2

    follow(monkeypatch, models, talk)


def test_each_regression_has_buckets_of_its_own(models: Path, monkeypatch):
    wide = json.dumps({"target": {"edges": [0.0, 100.0]}}).encode()
    from tests.samples import FILES

    monkeypatch.setitem(FILES, "reference.json", wide)
    other = publish(models, 9)

    async def talk(client: Followed) -> None:
        await predict(client)
        release(models, other)
        await client.look()
        await predict(client)
        samples = parse((await client.get("/metrics")).body)
        buckets = [s for s in samples if s.name == "maas_prediction_value_bucket"]
        edges = [(s.labels["version"], s.labels["le"], s.value) for s in buckets]
        assert edges == [
            ("1", "0.0", 0), ("1", "+Inf", 1), ("3", "0.0", 0), ("3", "100.0", 1), ("3", "+Inf", 1),
        ]  # fmt: skip

    follow(monkeypatch, models, talk)
