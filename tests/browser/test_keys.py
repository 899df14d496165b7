"""The page where keys are on: nothing is shown without one, and the key is kept in memory alone."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.browser.actions import ask, command, expect, width
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.watched import Visits
from tests.releases import release
from tests.server import Serve, Server
from tests.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_browser

KEY = "the-right-key"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text(f"{KEY}\n")
    return path


@pytest.fixture(scope="module")
def workspace(
    first: Version, second: Version, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Two versions, of which the first is live."""
    workspace = Workspace(tmp_path_factory.mktemp("keyed"))
    workspace.publish(first, second)
    release(workspace.models, first)
    return workspace


@pytest.fixture(scope="module")
def server(workspace: Workspace, serve: Serve, keys: Path) -> Server:
    return serve(workspace, extra={"API_KEYS_FILE": str(keys), "FOLLOW_S": "0.05"})


def give_key(page: "Page", key: str = KEY) -> None:
    page.fill("#key", key)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_key_nothing_of_the_model_is_shown(
    visit: Visits, server: Server, first: Version, scheme: str
):
    page = visit(server.url, color_scheme=scheme)
    html = page.content()
    assert page.get_attribute("html", "data-digest") == ""
    for word in ("model_service", "feature1", "setosa", first.manifest.digest[7:]):
        assert word not in html
    expect(page.locator("#key")).to_be_visible()
    assert page.get_attribute("#key", "type") == "password"
    assert violations(page) == []
    assert server.client.get("/page/content").status_code == 401
    assert server.client.get("/page/drift").status_code == 401


@pytest.mark.parametrize("key", ["a-wrong-key", "ключ"])
def test_a_wrong_key_is_told_and_a_right_one_opens_the_page(
    visit: Visits, server: Server, key: str
):
    page = visit(server.url)
    visit.allow(401)
    give_key(page, key)
    expect(page.locator("#key-error")).not_to_be_empty()
    expect(page.locator("#key")).to_be_focused()
    assert violations(page) == []
    give_key(page)
    expect(page.locator("#predict-form")).to_be_visible()
    assert page.title() == "model_service v1"
    assert ask(page) == "versicolor"
    assert violations(page) == []


def test_the_key_is_kept_in_memory_alone(visit: Visits, server: Server):
    page = visit(server.url)
    give_key(page)
    ask(page)
    kept = page.evaluate(
        """async () => JSON.stringify([
          {...localStorage}, {...sessionStorage}, document.cookie, history.state, location.href,
          await indexedDB.databases(), await caches.keys(), Object.values(window).map(String),
        ])"""
    )
    assert KEY not in kept
    assert KEY not in page.content()
    assert KEY not in json.dumps(page.context.storage_state())
    assert not any(KEY in url for url in visit.requests)
    assert command(page)[4:6] == ["-H", "X-API-Key: $API_KEY"]
    page.reload()
    expect(page.locator("#key")).to_have_value("")
    expect(page.locator("#predict-form")).to_have_count(0)
    page.go_back()
    page.go_forward()
    assert KEY not in page.content()
    assert KEY not in server.log.read_text()


def test_a_key_that_is_taken_back_is_told(visit: Visits, server: Server, keys: Path):
    page = visit(server.url)
    visit.allow(401)
    give_key(page)
    ask(page)
    keys.write_text("another-key\n")
    try:
        page.click("#predict")
        expect(page.locator("#form-error")).to_contain_text("key")
    finally:
        keys.write_text(f"{KEY}\n")
    ask(page)


def test_a_phone_shows_it_without_scrolling_sideways(visit: Visits, server: Server):
    page = visit(server.url, viewport={"width": 360, "height": 740})
    assert width(page) == 360
    give_key(page)
    ask(page)
    assert width(page) == 360


def test_without_javascript_it_says_why_there_is_nothing(visit: Visits, server: Server):
    page = visit(server.url, java_script_enabled=False)
    assert "JavaScript" in page.inner_text("main")


def test_a_release_is_noticed_and_shown_without_asking_for_the_key_again(
    visit: Visits, server: Server, workspace: Workspace
):
    page = visit(server.url)
    give_key(page)
    ask(page)
    expect(page.locator("#release-notice")).to_be_hidden()
    release(workspace.models, Registry(workspace.models).open(2))
    server.log_after("now serving model_service:v2")
    ask(page)
    expect(page.locator("#release-notice")).to_be_visible()
    page.click("#reload")
    expect(page.locator("#version")).to_have_text("v2")
    expect(page.locator("#release-notice")).to_be_hidden()
    assert page.title() == "model_service v2"
    assert ask(page)
    assert "2" in page.inner_text("#answer-version")
