"""300 features of 200 categories each."""

from pathlib import Path

import httpx
import pytest

from maas.registry.version import Version
from tests.browser.actions import ask, expect, give, width
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.tables import train_wide
from tests.browser.watched import Visits
from tests.server import Serve, Server
from tests.workspace import Workspace

pytestmark = in_browser

MAX_PAGE_BYTES = 1_000_000
MAX_REPORT_BYTES = 250_000


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return train_wide(Workspace(tmp_path_factory.mktemp("wide")))


@pytest.fixture(scope="module")
def server(version: Version, serve: Serve) -> Server:
    return serve(Workspace(version.path.parent.parent))


def test_it_can_be_used_and_weighs_under_a_megabyte(
    visit: Visits, server: Server, version: Version
):
    page = visit(server.url)
    page.wait_for_load_state("networkidle")
    sizes = {url: len(httpx.get(url).content) for url in set(visit.requests)}
    assert sum(sizes.values()) < MAX_PAGE_BYTES, sizes
    row = {**version.manifest.signature.example, "feature 007": "category 123"}
    page.locator("#f7").focus()
    expect(page.locator("#f7-list option")).to_have_count(200)
    give(page, 7, "category 123")
    assert ask(page) == server.post("/predict", row).json()["prediction"]


def test_a_category_that_there_is_not_is_told_at_its_field(visit: Visits, server: Server):
    page = visit(server.url)
    visit.allow(422)
    give(page, 7, "another")
    page.click("#predict")
    expect(page.locator("#f7-error")).to_be_visible()
    expect(page.locator("#f7")).to_be_focused()


def test_it_is_accessible_and_needs_no_scrolling_sideways(visit: Visits, server: Server):
    page = visit(server.url, viewport={"width": 360, "height": 740})
    assert width(page) == 360
    assert violations(page) == []


def test_its_report_is_small_too(visit: Visits, version: Version, tmp_path: Path):
    file = tmp_path / "report.html"
    workspace = Workspace(version.path.parent.parent)
    done = workspace.maas("report", "1", "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert file.stat().st_size < MAX_REPORT_BYTES
    page = visit(file.as_uri(), viewport={"width": 360, "height": 740})
    assert width(page) == 360
    assert violations(page) == []
