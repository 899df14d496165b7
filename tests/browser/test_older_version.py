"""The page of a version that was trained before there were reports."""

import shutil

import pytest

from tests.browser.actions import ask, expect
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.watched import Visits
from tests.server import Serve, Server
from tests.workspace import PROJECT, Workspace

pytestmark = in_browser


@pytest.fixture(scope="module")
def server(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    workspace = Workspace(tmp_path_factory.mktemp("older"))
    shutil.copytree(PROJECT / "tests/data/second_schema", workspace.models)
    return serve(workspace)


def test_it_says_what_is_missing_and_works(visit: Visits, server: Server):
    page = visit(server.url)
    assert "trained before reports" in page.inner_text("#quality")
    assert "ccuracy" in page.inner_text("#quality")
    expect(page.locator("#inputs-body > [data-verdict]")).to_be_visible()
    assert ask(page)
    assert violations(page) == []
