"""API keys: one per line of a file, which is read again when it changes."""

import codecs
import hmac
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from time import time_ns

from maas.errors import ServeError
from maas.serving.http.types import Headers

log = logging.getLogger("bentoml.maas")

Stamp = tuple[int, ...]

# Nanoseconds within which a file system may give two contents the same times.
_TIMES_RESOLUTION_NS = 2_000_000_000

_MAX_FILE_BYTES = 1_048_576


class ApiKeys:
    """The keys that the predict routes and /model accept.

    Args:
        path: the file.
        report_problem: called when the file cannot be used any more, and when it can again.

    Raises:
        ServeError: the file cannot be read, or holds no key.
    """

    def __init__(self, path: Path, report_problem: Callable[[bool], None] = lambda _: None) -> None:
        self._path = path
        self._report_problem = report_problem
        self._problem = ""
        try:
            self._stamp, self._keys = self._read()
        except OSError as error:
            what = f"cannot be read ({error.strerror or error})"
            raise ServeError(path, what, "correct API_KEYS_FILE or the file's mode") from None
        if not self._keys:
            raise ServeError(path, "holds no key", "write one key per line")

    def accept(self, headers: Headers) -> bool:
        """Whether a request carries a key: `Authorization: Bearer` or `X-API-Key`.

        Where both are sent, both must be valid: a wrong credential is never overlooked.
        """
        self._refresh()
        given = []
        if (header := headers.get(b"x-api-key")) is not None:
            given.append(header)
        if (authorization := headers.get(b"authorization")) is not None:
            scheme, _, bearer = authorization.partition(b" ")
            given.append(bearer.strip() if scheme.lower() == b"bearer" else b"")
        return bool(given) and all(self._is_key(candidate) for candidate in given)

    def _is_key(self, candidate: bytes) -> bool:
        """Compare with every key, each in constant time: the time it takes reveals nothing."""
        matches = [hmac.compare_digest(candidate, key) for key in self._keys]
        return any(matches)

    def _refresh(self) -> None:
        """Read a file that changed; the last keys stay valid while it has none to give."""
        try:
            if self._stamp and _stamp_of(os.stat(self._path)) == self._stamp:  # noqa: PTH116
                return
            stamp, keys = self._read()
        except OSError as error:
            self._keep_last(f"cannot be read ({error.strerror or error})")
            return
        if not keys:
            self._keep_last("holds no key")
            return
        if self._problem or keys != self._keys:
            log.info("read the API keys again: there are %d", len(keys))
        if self._problem:
            self._problem = ""
            self._report_problem(False)
        self._stamp, self._keys = stamp, keys

    def _keep_last(self, problem: str) -> None:
        """Say once what is wrong with the file; it is looked at again at the next request."""
        self._stamp = ()
        if problem != self._problem:
            log.error("the file of API keys %s; the last keys stay valid", problem)
            self._report_problem(True)
        self._problem = problem

    def _read(self) -> tuple[Stamp, list[bytes]]:
        """Read the keys; an empty stamp where the file may still change within its times."""
        # Without waiting for a writer, if it is a pipe.
        handle = os.open(self._path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise OSError("it is not a file")
            text = os.read(handle, _MAX_FILE_BYTES + 1)
        finally:
            os.close(handle)
        if len(text) > _MAX_FILE_BYTES:
            raise OSError(f"it is larger than {_MAX_FILE_BYTES} bytes")
        settled = time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > _TIMES_RESOLUTION_NS
        lines = text.removeprefix(codecs.BOM_UTF8).splitlines()
        keys = [line.strip() for line in lines if line.strip()]
        return (_stamp_of(found) if settled else ()), keys


def _stamp_of(found: os.stat_result) -> Stamp:
    """What differs between two contents of a file, but for two written within a moment."""
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
