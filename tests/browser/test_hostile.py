"""Names and values that are not meant well."""

import json

import pytest

from maas.registry.version import Version
from tests.browser.actions import ask, choose, command, expect, give, shares, width
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.tables import (
    HOSTILE_CATEGORIES,
    HOSTILE_CLASSES,
    HOSTILE_FEATURES,
    train_hostile,
)
from tests.browser.watched import Visits
from tests.server import Serve, Server
from tests.workspace import Workspace

pytestmark = in_browser


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return train_hostile(Workspace(tmp_path_factory.mktemp("hostile")))


@pytest.fixture(scope="module")
def server(version: Version, serve: Serve) -> Server:
    return serve(Workspace(version.path.parent.parent))


def test_names_are_text_and_nothing_else(visit: Visits, server: Server):
    page = visit(server.url)
    assert page.title() == "hostile v1"
    text = page.locator("main").inner_text()
    for name in HOSTILE_FEATURES[:5]:
        assert name in text
    assert "{{ 7 * 7 }}" in text
    for element in ("b", "i", "img", "main script"):
        assert page.locator(element).count() == 0, element


def test_a_mark_of_direction_does_not_leave_its_name(visit: Visits, server: Server):
    page = visit(server.url)
    for label in page.locator("#predict-form label > bdi").all():
        assert label.evaluate("each => getComputedStyle(each).unicodeBidi") == "isolate"


@pytest.mark.parametrize("category", HOSTILE_CATEGORIES, ids=range(len(HOSTILE_CATEGORIES)))
def test_values_are_sent_as_they_are(
    visit: Visits, server: Server, version: Version, category: str
):
    page = visit(server.url)
    row = {**version.manifest.signature.example, HOSTILE_FEATURES[-1]: category}
    give(page, 0, 3.5)
    row[HOSTILE_FEATURES[0]] = 3.5
    choose(page.locator(f"#f{len(HOSTILE_FEATURES) - 1}"), category)
    assert json.loads(command(page)[-1]) == row
    answer = server.post("/predict_proba", row)
    assert answer.status_code == 200
    assert ask(page) == answer.json()["prediction"]
    assert set(shares(page)) == set(HOSTILE_CLASSES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(visit: Visits, server: Server, scheme: str):
    page = visit(server.url, color_scheme=scheme)
    ask(page)
    assert violations(page) == []


def test_long_names_need_no_scrolling_sideways(visit: Visits, server: Server):
    page = visit(server.url, viewport={"width": 360, "height": 740})
    ask(page)
    assert width(page) == 360


def test_an_error_names_a_hostile_feature_at_its_field(visit: Visits, server: Server):
    page = visit(server.url)
    visit.allow(422)
    for index in range(len(HOSTILE_FEATURES) - 1):
        give(page, index, 1e39)
    page.click("#predict")
    for index in range(len(HOSTILE_FEATURES) - 1):
        expect(page.locator(f"#f{index}-error")).to_be_visible()
