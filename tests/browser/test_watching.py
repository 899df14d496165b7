"""What the other tests here rely on: a page that misbehaves is noticed."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.watched import Visits

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = in_browser

PAGE = '<html lang="en"><title>t</title>{}<main><h1>t</h1></main></html>'


@pytest.fixture
def complaints(browser: "Browser", tmp_path: Path):
    """What is complained of on a page with some content."""

    def complain(content: str) -> tuple[list[str], list[str]]:
        file = tmp_path / "page.html"
        file.write_text(PAGE.format(content))
        visits = Visits(browser)
        page = visits(file.as_uri())
        found = violations(page)
        visits.close()
        return visits.complaints, found

    return complain


def test_a_page_without_faults_is_not_complained_of(complaints):
    assert complaints("<p>text</p>") == ([], [])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("<script>console.error('no')</script>", "error in the console: no"),
        ("<script>console.warn('no')</script>", "warning in the console: no"),
        ("<script>missing()</script>", "not caught: missing is not defined"),
        ("<script>Promise.reject(Error('late'))</script>", "not caught: late"),
        ("<img alt='' src='https://example.com/a.png'>", "a request to https://example.com/a.png"),
        (
            "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
            "<p style='color: red'>text</p>",
            "error in the console: Applying inline style violates",
        ),
    ],
)
def test_what_a_page_does_wrong_is_noticed(complaints, content: str, complaint: str):
    noticed, _ = complaints(content)
    assert any(complaint in line for line in noticed), noticed


def test_axe_finds_a_field_without_a_label_and_faint_text(complaints):
    _, found = complaints("<input><p style='color: #aaa; background: white'>text</p>")
    assert [line.partition(" ")[0] for line in found] == ["color-contrast", "label"]
