"""Ledgers for tests, written without a promotion."""

import os
from pathlib import Path

from maas.registry.ledger import LEDGER, Ledger, Release, read_ledger


def append_release(models: Path, action: str, version: int | None) -> None:
    """Add a `promote` or `shadow` entry; its digest is not that of the version."""
    ledger = read_ledger(models)
    live, entries = ledger.live, ledger.entries
    entry = Release.seal(
        release=len(entries) + 1,
        action=action,
        version=version,
        digest=None if version is None else f"sha256:{version:064x}",
        reason=None,
        by="user@host",
        at="2026-01-02T03:04:05Z",
        before=live.release if live and action == "promote" else None,
        previous=entries[-1].full_hash() if entries else None,
    )
    fresh = models / f".{LEDGER}"
    fresh.write_bytes(Ledger(schema_version=1, entries=(*entries, entry)).to_bytes())
    os.replace(fresh, models / LEDGER)


def write_ledger(models: Path, *steps: tuple[str, int | None]) -> None:
    """Write the ledger of these steps."""
    (models / LEDGER).unlink(missing_ok=True)
    for action, version in steps:
        append_release(models, action, version)
