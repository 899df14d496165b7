"""A release while the page is open."""

import pytest

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.browser.actions import ask, expect
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.watched import Visits
from tests.releases import release
from tests.server import Serve, Server
from tests.workspace import Workspace

pytestmark = in_browser

OTHER_FEATURES = "data.features={length: petal length (cm), width: petal width (cm)}"


@pytest.fixture(scope="module")
def workspace(
    first: Version, second: Version, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Three versions, the last with other features; the first is live."""
    workspace = Workspace(tmp_path_factory.mktemp("released"))
    workspace.publish(first, second)
    workspace.train_here(OTHER_FEATURES)
    release(workspace.models, first, reason="the first <b>one</b>")
    return workspace


@pytest.fixture(scope="module")
def server(workspace: Workspace, serve: Serve) -> Server:
    return serve(workspace, extra={"FOLLOW_S": "0.05"})


def promote(workspace: Workspace, server: Server, number: int) -> None:
    release(workspace.models, Registry(workspace.models).open(number), reason=f"try v{number}")
    server.log_after(f"now serving model_service:v{number}")


def test_a_release_is_noticed_without_doing_anything_and_shown_when_asked(
    visit: Visits, server: Server, workspace: Workspace
):
    page = visit.prepare(server.url)
    page.clock.install()
    page.goto(server.url)
    assert "the first <b>one</b>" in page.inner_text("#history")
    notice = page.locator("#release-notice")
    expect(notice).to_be_hidden()
    promote(workspace, server, 2)
    page.clock.fast_forward(61_000)
    expect(notice).to_be_visible()
    assert notice.get_attribute("role") == "status"
    assert "2" in notice.inner_text()
    assert violations(page) == []
    expect(page.locator("#version")).to_have_text("v1")
    page.click("#reload")
    expect(page.locator("#version")).to_have_text("v2")
    expect(notice).to_be_hidden()
    assert "try v2" in page.inner_text("#history")


def test_a_release_of_other_features_is_told_when_the_old_form_is_sent(
    visit: Visits, server: Server, workspace: Workspace
):
    page = visit(server.url)
    ask(page)
    visit.allow(422)
    promote(workspace, server, 3)
    page.click("#predict")
    expect(page.locator("#release-notice")).to_be_visible()
    expect(page.locator("#form-error, .error:visible").first).not_to_be_empty()
    page.click("#reload")
    expect(page.locator("[data-feature=width]").first).to_be_visible()
    assert ask(page)
