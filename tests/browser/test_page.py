"""The page of the default model: what it tells, how it looks, and what it weighs."""

from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx
import pytest

from maas.registry.version import Version
from tests.browser.actions import ask, brightness, expect, give, width
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.watched import Visits
from tests.server import Serve, Server
from tests.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_browser

SECTIONS = ("what", "quality", "try", "inputs", "history")
SCHEMES = ("light", "dark")
MAX_BYTES = 150_000
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
SHIFTED = [{"feature1": 6.5 + index % 7 / 20, "feature2": 0.2} for index in range(400)]


@pytest.fixture(scope="module")
def server(trained: Workspace, serve: Serve) -> Server:
    return serve(trained)


def test_it_tells_what_the_model_is(visit: Visits, server: Server, first: Version):
    page = visit(server.url)
    manifest = first.manifest
    assert (page.title(), page.locator("h1").count()) == ("model_service v1", 1)
    assert page.inner_text("h1").split() == ["model_service", "v1"]
    assert page.get_attribute("html", "data-digest") == manifest.digest
    for section in SECTIONS:
        title = page.locator(f"#{section} h2")
        expect(title).to_be_visible()
        assert page.get_attribute(f"#{section}", "aria-labelledby") == title.get_attribute("id")
    shown = page.inner_text("#what")
    for fact in (manifest.digest, manifest.data.sha256, "150", "LogisticRegression"):
        assert fact in shown
    assert page.inner_text("#verdict").strip()


def test_each_picture_has_a_name(visit: Visits, server: Server):
    page = visit(server.url)
    pictures = page.locator("#quality figure")
    assert pictures.count() >= 4
    for picture in pictures.all():
        assert picture.locator("h3").inner_text()
        assert picture.locator("figcaption").inner_text()
    for drawing in page.locator("svg[role=img]").all():
        assert drawing.get_attribute("aria-label") or drawing.locator("title").count()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_is_accessible(visit: Visits, server: Server, scheme: str):
    page = visit(server.url, color_scheme=scheme)
    assert (brightness(page) < 100) == (scheme == "dark")
    assert violations(page) == []
    ask(page)
    assert violations(page) == []
    visit.allow(422)
    give(page, 0, 1e39)
    page.click("#predict")
    expect(page.locator("#f0-error")).to_be_visible()
    assert violations(page) == []


def test_a_phone_shows_it_without_scrolling_sideways(visit: Visits, server: Server):
    page = visit(server.url, **PHONE)
    assert width(page) == 360
    ask(page)
    assert width(page) == 360
    assert violations(page) == []
    assert small_controls(page) == []


def small_controls(page: "Page") -> list[str]:
    """The controls that are too small for a finger: below the 24 pixels of WCAG 2.2."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input")]
          .filter((each) => each.getClientRects().length && each.type !== "checkbox")
          .filter((each) => each.getBoundingClientRect().height < 24)
          .map((each) => each.outerHTML.slice(0, 100))"""
    )
    return found


def test_text_of_twice_the_size_needs_no_scrolling_sideways(visit: Visits, server: Server):
    page = visit(server.url, viewport={"width": 640, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert width(page) == 640


def test_without_javascript_all_but_the_answer_is_there(visit: Visits, server: Server):
    page = visit(server.url, java_script_enabled=False)
    for section in SECTIONS:
        assert page.inner_text(f"#{section}").strip()
    assert page.locator("#quality svg").count() >= 3
    assert "'http://localhost" in page.inner_text("#curl")
    expect(page.locator("#predict")).to_be_disabled()
    expect(page.locator("noscript")).to_have_count(1)
    assert "JavaScript" in page.inner_text("#try")


def test_it_weighs_little_and_asks_for_nothing_else(visit: Visits, server: Server):
    page = visit(server.url)
    page.wait_for_load_state("networkidle")
    sizes = {url: len(httpx.get(url).content) for url in set(visit.requests)}
    assert len(sizes) >= 3  # the page, its script, its style
    assert sum(sizes.values()) < MAX_BYTES, sizes
    policy = httpx.get(server.url).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_its_links_lead_somewhere(visit: Visits, server: Server):
    page = visit(server.url)
    links = [link.get_attribute("href") or "" for link in page.locator("a").all()]
    outside = [link for link in links if not link.startswith("#")]
    assert {"docs", "docs.json", "model", "metrics"} <= set(outside)
    for link in outside:
        assert server.client.get(urljoin(server.url + "/", link)).status_code == 200, link
    for link in set(links) - set(outside):
        assert page.locator(link).count() == 1, link


def test_it_looks_well_in_print(visit: Visits, server: Server):
    page = visit(server.url, color_scheme="dark")
    page.emulate_media(media="print")
    assert violations(page) == []
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_inputs_that_drift_are_shown_while_it_is_open(visit: Visits, own: Workspace, serve: Serve):
    server = serve(own)
    page = visit.prepare(server.url)
    page.clock.install()
    page.goto(server.url)
    body = page.locator("#inputs-body > [data-verdict]")
    expect(body).to_have_attribute("data-verdict", "too few rows")
    before = page.inner_text("#inputs-summary")
    assert server.post("/predict_batch", {"rows": SHIFTED}).status_code == 200
    for _ in range(10):
        page.clock.fast_forward(10_000)
        page.wait_for_timeout(300)
        if body.get_attribute("data-verdict") == "drift":
            break
    expect(body).to_have_attribute("data-verdict", "drift")
    row = page.locator("tr[data-feature=feature1]")
    expect(row).to_have_attribute("data-verdict", "drift")
    assert page.inner_text("#inputs-summary") != before
    assert violations(page) == []
