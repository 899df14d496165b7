"""Asks a running server, and waits until it answers with a version: `promote --wait`."""

import json
import os
from collections.abc import Callable
from concurrent.futures import Future, wait
from http.client import HTTPException
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from maas.errors import InputError, ServeError
from maas.registry.version import Version

KEY_VARIABLE = "MAAS_API_KEY"
"""Holds a key of a server that asks for one; as an argument, other users could see it."""

# A server looks for a release each second (`follow_s`), and loads within a few.
LIMIT_S = 60.0
_PAUSE_S = 0.2
_REQUEST_S = 5.0
ANSWER_S = 10.0
"""For the whole of an answer."""
MAX_BYTES = 32 * 1024 * 1024

# Each request is a new connection, which any worker of the server may take.
_IN_A_ROW = 5


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect: the key is for the server that was named."""

    def redirect_request(self, *_: Any) -> None:
        """Leave the redirect to be an error."""


_OPENER = build_opener(_NoRedirect)


def check_url(url: str, option: str = "--wait") -> str:
    """Check the address of a server; a slash at its end is left out.

    Args:
        url: the address.
        option: by which it was given.

    Raises:
        InputError: it is not one of HTTP.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
        valid = valid and not (parts.query or parts.fragment or parts.username is not None)
    except ValueError:
        valid = False
    if not valid or not url.isprintable() or " " in url:
        raise InputError(option, f"{url!r} is not an address", "write http://localhost:8000")
    return url.rstrip("/")


def wait_for(url: str, is_there: Callable[[dict[str, Any]], bool], what: str) -> float:
    """Wait until a server is ready and its /model says what is waited for, several times in a row.

    Args:
        url: of the server.
        is_there: tells whether the document of /model is the one that is waited for.
        what: what is waited for, in words.

    Returns:
        For how many seconds it took.

    Raises:
        ServeError: it does not answer so within `LIMIT_S`, or asks for another key.
    """
    start, in_a_row = monotonic(), 0
    while in_a_row < _IN_A_ROW:
        said, found = _ask(url, is_there)
        in_a_row = in_a_row + 1 if found else 0
        if not found:
            if monotonic() - start > LIMIT_S:
                what = f"does not answer with {what} after {LIMIT_S:g} s ({said})"
                raise ServeError(url, what, "look at its log; `rollback` takes the release back")
            sleep(_PAUSE_S)
    return monotonic() - start


def is_version(version: Version) -> Callable[[dict[str, Any]], bool]:
    """Whether a document of /model is that of a version."""
    wanted = (version.number, version.manifest.digest)
    return lambda document: (document.get("version"), document.get("digest")) == wanted


def is_shadow(version: Version | None) -> Callable[[dict[str, Any]], bool]:
    """Whether a document of /model names a version as the shadow; None: it names no shadow."""

    def is_there(document: dict[str, Any]) -> bool:
        shadow = document.get("shadow")
        number = shadow.get("version") if isinstance(shadow, dict) else None
        return bool(number == (None if version is None else version.number))

    return is_there


def _ask(url: str, is_there: Callable[[dict[str, Any]], bool]) -> tuple[str, bool]:
    """Ask once; give what was answered, and whether it is what is waited for."""
    try:
        get(f"{url}/readyz")
        document = json.loads(get(f"{url}/model"))
    except HTTPError as error:
        if error.code == 401:
            what = f"asks for an API key (or for another than that in {KEY_VARIABLE})"
            raise ServeError(url, what, f"set {KEY_VARIABLE} to a key of that server") from None
        return f"{urlsplit(error.url).path} answers {error.code}", False
    except (OSError, HTTPException) as error:
        return f"it cannot be reached: {getattr(error, 'reason', error)}", False
    except (ValueError, RecursionError):
        return "/model is not JSON", False
    if not isinstance(document, dict):
        return "/model is not JSON of a model", False
    return f"it answers with v{document.get('version')}", is_there(document)


def get(url: str) -> bytes:
    """Ask a server, with the key that `KEY_VARIABLE` holds.

    Returns:
        The body of its answer, or of a longer one the first `MAX_BYTES` and one more.

    Raises:
        HTTPError: it refuses, or names another server.
        OSError: it cannot be reached, or has not answered in full within `ANSWER_S`.
        HTTPException: it does not answer as HTTP has it.
    """
    done: Future[bytes] = Future()
    # The timeout of a socket begins again with each byte, and names are looked up without any.
    Thread(target=_get, args=(url, done), daemon=True).start()
    wait([done], ANSWER_S)
    if not done.done():
        raise TimeoutError(f"no whole answer within {ANSWER_S:g} s")
    return done.result()


def _get(url: str, done: "Future[bytes]") -> None:
    key = os.environ.get(KEY_VARIABLE, "").strip()
    headers = {"X-API-Key": key} if key else {}
    try:
        with _OPENER.open(Request(url, headers=headers), timeout=_REQUEST_S) as answer:  # noqa: S310
            done.set_result(answer.read(MAX_BYTES + 1))
    except BaseException as error:
        if isinstance(error, HTTPError):
            error.close()
        done.set_exception(error)
