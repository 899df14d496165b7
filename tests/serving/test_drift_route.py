"""GET /drift: what the service answered since a version is live, beside its training rows."""

import json
from pathlib import Path
from typing import Any

import pytest

from maas.drift.record import DriftReport
from maas.registry.registry import Registry
from tests.checked_load import ONE, ROW, publish
from tests.releases import release
from tests.samples import FILES
from tests.serving.asgi import part
from tests.serving.monitoring.text import value
from tests.serving.versions import Followed, follow

pytestmark = pytest.mark.usefixtures("process")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A models folder where v1 is live; v2 answers otherwise."""
    folder = tmp_path / "models"
    release(folder, publish(folder, 1))
    return folder


async def report(client: Followed) -> DriftReport:
    send = await client.get("/drift")
    assert send.status == 200
    return DriftReport.model_validate_json(send.body)


async def predict(client: Followed, times: int, **row: Any) -> None:
    for _ in range(times):
        assert (await client.send("/predict", part(json.dumps(row or ROW).encode()))).status == 200


def test_rows_unlike_the_training_rows_are_a_drift(models: Path, monkeypatch):
    async def talk(client: Followed) -> None:
        assert (await report(client)).verdict == "too few rows"
        await predict(client, 199, n0=9.0)
        assert (await report(client)).verdict == "too few rows"
        await predict(client, 1, n0=9.0)
        found = await report(client)
        assert (found.rows, found.verdict, found.features["n0"].unseen_rate) == (200, "drift", 1)
        text = (await client.get("/metrics")).body
        assert value(text, "maas_drift_rows") == 200
        assert value(text, "maas_feature_drift", feature="n0") > 1
        head = await client.send("/drift", part(b""), method="HEAD")
        assert (head.status, dict(head.headers)[b"content-type"]) == (200, b"application/json")

    follow(monkeypatch, models, talk)


def test_another_version_has_counts_of_its_own(models: Path, monkeypatch):
    first, other = Registry(models).open(1), publish(models, 2)

    async def talk(client: Followed) -> None:
        await predict(client, 3)
        release(models, other)
        await client.look()
        found = await report(client)
        assert (found.version, found.digest, found.rows) == (2, other.manifest.digest, 0)
        await predict(client, 2)
        assert (await report(client)).rows == 2
        release(models, first, "rollback", before=1)
        await client.look()
        assert (await report(client)).version == 1

    follow(monkeypatch, models, talk)


def test_a_version_without_bins_is_served_and_says_so(models: Path, monkeypatch, logged):
    monkeypatch.setattr("tests.checked_load.make_reference", lambda _: FILES["reference.json"])
    other = publish(models, 5, ONE)

    async def talk(client: Followed) -> None:
        release(models, other)
        await client.look()
        await predict(client, 1)
        send = await client.get("/drift")
        assert send.status == 404
        assert "there is no drift of this version" in json.loads(send.body)["detail"]
        assert b"maas_feature_drift" not in (await client.get("/metrics")).body

    follow(monkeypatch, models, talk)
    assert "WARNING reference.json: there is no drift of m:v2: no features" in logged


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(models: Path, monkeypatch, method: str):
    async def talk(client: Followed) -> None:
        send = await client.send("/drift", part(b""), method=method)
        assert send.status == 405
        assert dict(send.headers)[b"allow"] == b"GET, HEAD"

    follow(monkeypatch, models, talk)


def test_a_page_of_another_origin_may_ask_where_it_is_allowed(models: Path, monkeypatch):
    async def talk(client: Followed) -> None:
        send = await client.get("/drift", (b"origin", b"https://page.example"))
        assert dict(send.headers)[b"access-control-allow-origin"] == b"https://page.example"

    follow(monkeypatch, models, talk, cors_origins=("https://page.example",))
