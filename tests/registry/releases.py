"""Ledgers for tests, written without a promotion."""

from pathlib import Path

from maas.registry.ledger import LEDGER, Ledger, Release


def write_ledger(models: Path, *steps: tuple[str, int | None]) -> None:
    """Write the ledger of `promote` and `shadow` steps; the digests are not those of versions."""
    entries: list[Release] = []
    for action, version in steps:
        live = Ledger(entries=tuple(entries)).live
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
        entries.append(entry)
    models.mkdir(exist_ok=True)
    (models / LEDGER).write_bytes(Ledger(entries=tuple(entries)).to_bytes())
