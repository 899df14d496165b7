"""Which Chromium is driven, and how it is started."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The path of a Chromium: CHROMIUM, or the first of its names on PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


CHROMIUM = find_chromium()


def _why_not() -> str:
    if not importlib.util.find_spec("playwright"):
        return "no Playwright here: requirements/dev.txt brings it"
    if not CHROMIUM:
        return "no Chromium here: `apt-get install chromium`, or name one in CHROMIUM"
    return ""


in_browser = [pytest.mark.browser, pytest.mark.skipif(bool(_why_not()), reason=_why_not())]
"""The `pytestmark` of every module of tests here."""


@contextmanager
def start_chromium() -> Iterator["Browser"]:
    """A browser that no other machine can be asked from.

    While it runs, an event loop of Playwright's does too: this thread can run no other.
    """
    from playwright.sync_api import sync_playwright

    args = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium refuses its sandbox to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        try:
            yield browser
        finally:
            browser.close()
