"""Ledgers of releases, written as a release writes them: whole, to another name, then renamed."""

import os
from pathlib import Path
from typing import Any

from maas.registry.ledger import LEDGER, NO_RELEASES, Ledger, Release, read_ledger
from maas.registry.version import Version


def release(models: Path, version: Version | None, action: str = "promote", **keys: Any) -> Release:
    """Add a release of a version to a models folder's ledger."""
    path = models / LEDGER
    ledger = Ledger.model_validate_json(path.read_bytes()) if path.exists() else NO_RELEASES
    ledger = with_entry(ledger, version, action, **keys)
    write_ledger(models, ledger.to_bytes())
    return ledger.entries[-1]


def append_release(models: Path, action: str, version: int | None) -> None:
    """Add a release of a number; its digest is not that of the version."""
    ledger = read_ledger(models)
    live = ledger.live
    named = {
        "version": version,
        "digest": None if version is None else f"sha256:{version:064x}",
        "before": live.release if live and action == "promote" else None,
    }
    write_ledger(models, _with(ledger, action, named).to_bytes())


def write_releases(models: Path, *steps: tuple[str, int | None]) -> None:
    """Write the ledger of these steps."""
    (models / LEDGER).unlink(missing_ok=True)
    for action, version in steps:
        append_release(models, action, version)


def with_entry(
    ledger: Ledger, version: Version | None, action: str = "promote", **keys: Any
) -> Ledger:
    """A ledger with one more entry."""
    named = {
        "version": version.number if version else None,
        "digest": version.manifest.digest if version else None,
    }
    return _with(ledger, action, named | keys)


def _with(ledger: Ledger, action: str, keys: dict[str, Any]) -> Ledger:
    last = ledger.entries[-1] if ledger.entries else None
    content = {
        "release": len(ledger.entries) + 1,
        "action": action,
        "reason": "a test",
        "by": "someone@here",
        "at": "2026-01-02T03:04:05Z",
        "before": None,
        "previous": last.full_hash() if last else None,
        "input_bound": None,
    }
    return Ledger(schema_version=1, entries=(*ledger.entries, Release.seal(**content | keys)))


def write_ledger(models: Path, data: bytes) -> None:
    """Replace the ledger's bytes at once."""
    beside = models / f".{LEDGER}-{os.getpid()}"
    beside.write_bytes(data)
    beside.replace(models / LEDGER)
