"""Adding to the ledger: one process at a time, and a reader sees all of an entry or nothing of it.

The whole ledger is written beside the old one, synced to disk and renamed over it. What a killed
process leaves is a file that no reader looks at; the next one removes it.
"""

import getpass
import logging
import os
import secrets
import socket
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from maas.errors import InputError, StorageError
from maas.registry.files import MAX_RECORD_BYTES, storage_error, sync_folder, write_synced
from maas.registry.ledger import LEDGER, Ledger, Release, read_ledger
from maas.registry.locks import hold, hold_folder
from maas.registry.registry import HOLDERS
from maas.registry.version import Version

MAX_REASON = 1000
"""Characters."""

_TEMPORARY = ".serving-"
_LOCK = ".serving.lock"
"""Where the models folder itself cannot be locked (NFS, Windows)."""

_MAX_WHO = 200
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of Unicode: controls, halves of characters, and ends of lines."""

log = logging.getLogger("maas")


class LedgerWriter:
    """The ledger of a models folder, which only this process writes meanwhile.

    `open_ledger` makes one.

    Attributes:
        ledger: as it is now.
    """

    def __init__(self, models_dir: Path, ledger: Ledger) -> None:
        self._models_dir = models_dir
        self.ledger = ledger

    def append(
        self,
        action: Literal["promote", "rollback", "shadow"],
        version: Version | None,
        reason: str | None,
        before: int | None = None,
        input_bound: float | None = None,
        forced: bool = False,
    ) -> Release:
        """Add an entry: who does it and when is found here.

        Raises:
            StorageError: it cannot be written; the ledger is as it was.
        """
        entries = self.ledger.entries
        entry = Release.seal(
            release=len(entries) + 1,
            action=action,
            version=None if version is None else version.number,
            digest=None if version is None else version.manifest.digest,
            reason=reason,
            by=describe_user(),
            at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            before=before,
            previous=entries[-1].full_hash() if entries else None,
            input_bound=input_bound,
            forced=forced,
        )
        ledger = Ledger(schema_version=1, entries=(*entries, entry))
        _replace(self._models_dir, ledger.to_bytes())
        self.ledger = ledger
        return entry


@contextmanager
def open_ledger(models_dir: Path) -> Iterator[LedgerWriter]:
    """Lock the ledger, once no other process writes it, and read it.

    Raises:
        DamagedError: see `read_ledger`.
        LockedError: another process holds the lock for too long.
        StorageError: the folder cannot be locked.
    """
    with ExitStack() as held:
        try:
            if not held.enter_context(hold_folder(models_dir, HOLDERS)):
                held.enter_context(hold(models_dir / _LOCK, HOLDERS))
        except OSError as error:
            raise storage_error(models_dir, "cannot lock the models folder", error) from None
        yield LedgerWriter(models_dir, read_ledger(models_dir))


def check_reason(text: str | None) -> str | None:
    """Check a reason that a user gave; an empty one is none.

    Raises:
        InputError: it is too long, or more than one line of text.
    """
    if text is None or not text.strip():
        return None
    if len(text) > MAX_REASON:
        what = f"is {len(text)} characters long"
        raise InputError("--reason", what, f"write at most {MAX_REASON}")
    if any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        raise InputError("--reason", "holds a line end or a control character", "write one line")
    return text.strip()


def describe_user() -> str:
    """Who runs this process, `user@host`; in a container, a user may have a number only."""
    try:
        user = getpass.getuser()
    except (ImportError, KeyError, OSError):
        user = f"uid{os.getuid()}" if hasattr(os, "getuid") else "unknown"
    name = f"{user}@{socket.gethostname()}"
    return "".join(c if c.isprintable() else "?" for c in name)[:_MAX_WHO]


def _replace(models_dir: Path, data: bytes) -> None:
    path = models_dir / LEDGER
    if len(data) > MAX_RECORD_BYTES:
        what = f"would be larger than {MAX_RECORD_BYTES} bytes, which nobody reads"
        raise StorageError(path, what, "move it elsewhere, and begin a new one with `promote`")
    temporary = models_dir / f"{_TEMPORARY}{secrets.token_hex(8)}"
    try:
        for abandoned in models_dir.glob(f"{_TEMPORARY}*"):
            with suppress(OSError):  # a live process would hold the lock that this one holds
                abandoned.unlink()
        write_synced(temporary, data)
        temporary.chmod(0o644)  # Windows replaces no read-only file
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise storage_error(path, "cannot be written", error) from None
        raise
    try:
        sync_folder(models_dir)
    except OSError as error:  # readers can see the entry, so it cannot be withdrawn
        log.warning("%s is written, but a power cut may lose its last entry: %s", path, error)
