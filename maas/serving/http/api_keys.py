"""API keys: one per line of a file, read anew when the file changes."""

import codecs
import hmac
import logging
import os
from pathlib import Path

from maas.errors import ServeError
from maas.serving.http.types import Headers

log = logging.getLogger("bentoml.maas")


class ApiKeys:
    """The keys that open the predict routes and /model.

    Args:
        path: the file.

    Raises:
        ServeError: the file cannot be read, or holds no key.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._stamp = self._look()
            self._keys = self._read()
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
            raise ServeError(path, what, "correct API_KEYS_FILE or the file's mode") from None
        if not self._keys:
            raise ServeError(path, "holds no key", "write one key per line")

    def accept(self, headers: Headers) -> bool:
        """Whether a request carries a key: `Authorization: Bearer` or `X-API-Key`.

        Who sends both must have both right: a wrong credential is never overlooked.
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
        """Compare with every key, each in constant time: how long it takes tells nothing."""
        matches = [hmac.compare_digest(candidate, key) for key in self._keys]
        return any(matches)

    def _refresh(self) -> None:
        """Read a file that changed; one that is away for a moment keeps its keys."""
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._keys, self._stamp = self._read(), stamp
                log.info("read the API keys anew: there are %d", len(self._keys))
        except OSError:
            if self._stamp != _AWAY:
                log.warning("the file of API keys cannot be read; the keys stay as they were")
            self._stamp = _AWAY

    def _look(self) -> tuple[int, int, int]:
        found = os.stat(self._path)  # noqa: PTH116 - on the path of every request
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> list[bytes]:
        text = self._path.read_bytes().removeprefix(codecs.BOM_UTF8)
        return [line.strip() for line in text.splitlines() if line.strip()]


_AWAY = (0, 0, 0)
