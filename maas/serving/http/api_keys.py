"""API keys: one per line of a file, which is read again when it changes."""

import codecs
import hmac
import logging
import os
from pathlib import Path

from maas.errors import ServeError
from maas.serving.http.types import Headers

log = logging.getLogger("bentoml.maas")

# The stamp of a file that cannot be read: it differs from every real one.
_UNREADABLE = (0, 0, 0)


class ApiKeys:
    """The keys that the predict routes and /model accept.

    Args:
        path: the file.

    Raises:
        ServeError: the file cannot be read, or holds no key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._stamp = self._read_stamp()
            self._keys = self._read()
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
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
        """Read a file that changed; while it cannot be read, the last keys stay valid."""
        try:
            stamp = self._read_stamp()
            if stamp != self._stamp:
                self._keys, self._stamp = self._read(), stamp
                log.info("read the API keys again: there are %d", len(self._keys))
        except OSError:
            if self._stamp != _UNREADABLE:
                log.warning("the file of API keys cannot be read; the last keys stay valid")
            self._stamp = _UNREADABLE

    def _read_stamp(self) -> tuple[int, int, int]:
        found = os.stat(self._path)  # noqa: PTH116 - every request waits for it
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> list[bytes]:
        text = self._path.read_bytes().removeprefix(codecs.BOM_UTF8)
        return [line.strip() for line in text.splitlines() if line.strip()]
