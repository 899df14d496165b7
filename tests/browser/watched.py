"""Pages that are watched: whatever a browser complains of, and every request to elsewhere."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

_TIMEOUT_MS = 20_000

# What Chromium writes into the console for every answer that is an error, and for none at all.
_FAILED = re.compile(
    r"Failed to load resource: (?:the server responded with a status of )?(\d+|net::\w+)"
)


class Visits:
    """Pages in windows of their own, with nothing kept from one to the next.

    Args:
        browser: in which they are opened.
    """

    def __init__(self, browser: "Browser") -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._allowed: set[str] = set()
        self.complaints: list[str] = []
        self.requests: list[str] = []

    def __call__(self, url: str, **options: Any) -> "Page":
        """Open a page; options are those of Playwright's `new_context`."""
        page = self.prepare(url, **options)
        page.goto(url)
        return page

    def prepare(self, url: str, **options: Any) -> "Page":
        """An empty window in which the page is to be opened."""
        given = {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light"} | options
        context = self._browser.new_context(**given)
        context.set_default_timeout(_TIMEOUT_MS)
        self._contexts.append(context)
        origin = _origin(url)
        context.on("console", self._hear)
        context.on("weberror", self._note_error)
        context.on("request", lambda request: self._note_request(request, origin))
        return context.new_page()

    def allow(self, *failures: int | str) -> None:
        """Let the browser complain of these statuses, or errors of its own (`net::ERR_…`)."""
        self._allowed |= set(map(str, failures))

    def close(self) -> None:
        """Close all pages, after what they still have to say."""
        for context in self._contexts:
            for page in context.pages:
                page.evaluate("0")  # one way and back: nothing is under way any more
            context.close()

    def _hear(self, message: "ConsoleMessage") -> None:
        failed = _FAILED.match(message.text)
        if failed and failed[1] in self._allowed:
            return
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type} in the console: {message.text}")

    def _note_error(self, error: "WebError") -> None:
        self.complaints.append(f"not caught: {error.error}")

    def _note_request(self, request: "Request", origin: str) -> None:
        self.requests.append(request.url)
        if _origin(request.url) != origin and urlsplit(request.url).scheme not in ("data", "blob"):
            self.complaints.append(f"a request to {request.url}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
