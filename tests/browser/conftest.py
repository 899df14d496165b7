"""A browser per module, and pages that fail the test in which they complain."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import start_chromium
from tests.browser.watched import Visits

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """A Chromium; for one module, since other tests run event loops in this thread."""
    with start_chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: "Browser") -> Iterator[Visits]:
    """Opens pages; whatever the browser complains of fails the test."""
    visits = Visits(browser)
    yield visits
    visits.close()
    assert visits.complaints == []
