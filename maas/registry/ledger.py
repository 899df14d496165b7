"""The ledger of releases: which version is live, which one was, who chose it and why.

`models/serving.json` holds the whole history in one file, because a pointer and a log in two files
could disagree after a kill. Entries are only added; each carries the hash of the one before it, so
that an edit, a gap or another order shows.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from maas.errors import DamagedError
from maas.model.signature import FLOAT32_MAX
from maas.model.tag import MAX_NUMBER
from maas.registry.files import read_bounded, storage_error
from maas.registry.manifest import Digest, canonical_json
from maas.registry.version import Version
from maas.strict_model import StrictModel, added_later

LEDGER = "serving.json"
"""Its name in the models folder."""

RESTORE_LEDGER = "restore it from a backup; docs/releases.md says how"

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_RFC_3339 = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"
Moment = Annotated[str, StringConstraints(pattern=_RFC_3339)]
Number = Annotated[int, Field(ge=1, le=MAX_NUMBER)]


class Release(StrictModel):
    """One entry of the ledger.

    Attributes:
        release: its number: 1, 2, 3, …
        action: what was done.
        version: the number of the version that it names; None: there is no shadow any more.
        digest: of that version.
        reason: as it was given, if it was.
        by: user@host.
        at: RFC 3339, UTC.
        before: the release that a rollback goes to; None: there is none.
        previous: sha256 of the canonical bytes of the entry before this one; None for the first.
        input_bound: of a version that does not record its own, as measured when it was released.
        forced: whether it was promoted although it missed a release gate.
        sha256: of the entry itself, so that an edit of the newest one shows too.
    """

    release: Annotated[int, Field(ge=1)]
    action: Literal["promote", "rollback", "shadow"]
    version: Number | None
    digest: Digest | None
    reason: str | None
    by: str
    at: Moment
    before: Annotated[int, Field(ge=1)] | None
    previous: Sha256 | None
    input_bound: Annotated[float, Field(gt=0, le=FLOAT32_MAX)] | None = added_later(None)
    forced: bool = added_later(False)
    sha256: Sha256

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        if (self.version is None) != (self.digest is None):
            raise ValueError("a version has a digest, and no version has none")
        if self.action != "shadow" and self.version is None:
            raise ValueError(f"a {self.action} names a version")
        if self.before is not None and self.before >= self.release:
            raise ValueError("`before` is not an earlier release")
        return self

    @classmethod
    def seal(cls, **content: Any) -> Self:
        """Build an entry with its own hash, for which `content` has all other keys."""
        unsealed = cls.model_construct(**content, sha256="")
        return cls(**content, sha256=unsealed.own_hash())

    def names(self, version: Version) -> bool:
        """Whether this is the version that the entry names."""
        return (self.version, self.digest) == (version.number, version.manifest.digest)

    def own_hash(self) -> str:
        """The hash of the canonical JSON of all its keys but `sha256`."""
        return _hash(self.model_dump(mode="json", exclude={"sha256"}))

    def full_hash(self) -> str:
        """The hash that the next entry carries: of the canonical JSON of all its keys."""
        return _hash(self.model_dump(mode="json"))


class Ledger(StrictModel):
    """The releases of one models folder, oldest first."""

    schema_version: Literal[1]
    entries: tuple[Release, ...]

    @property
    def live(self) -> Release | None:
        """The newest promotion or rollback; None before the first."""
        found = (entry for entry in reversed(self.entries) if entry.action != "shadow")
        return next(found, None)

    @property
    def shadow(self) -> Release | None:
        """The newest entry that names a shadow; None if there is no shadow.

        A shadow that becomes live is not a shadow any more, also not after a rollback.
        """
        found = (entry for entry in reversed(self.entries) if entry.action == "shadow")
        newest = next(found, None)
        if newest is None or newest.version is None:
            return None
        later = self.entries[newest.release :]
        return None if any(entry.version == newest.version for entry in later) else newest

    def find_rollback(self, there: Collection[int]) -> tuple[Release | None, tuple[Release, ...]]:
        """Find the release that a rollback goes to.

        Args:
            there: the numbers of the versions that were not removed.

        Returns:
            The release; None if there is nothing to go back to. Then those on the way whose
            versions were removed.
        """
        skipped: list[Release] = []
        entry = live = self.live
        while live is not None and entry is not None and entry.before is not None:
            entry = self.entries[entry.before - 1]
            if entry.version not in there:
                skipped.append(entry)
            elif entry.version != live.version:
                return entry, tuple(skipped)
        return None, tuple(skipped)

    def to_bytes(self) -> bytes:
        """Write the ledger as canonical JSON, indented for people, LF at the end."""
        return canonical_json(self.model_dump(mode="json"), indent=1)


@dataclass(frozen=True)
class Term:
    """A time for which a version was live.

    Attributes:
        release: the release that made it live.
        since: when.
        until: when another version became live; None: it is live.
    """

    release: int
    since: str
    until: str | None

    @property
    def text(self) -> str:
        """The time in words."""
        return f"r{self.release}, {self.since} to {self.until or 'now'}"


def list_terms(ledger: Ledger, number: int) -> list[Term]:
    """List the times for which a version was live, oldest first."""
    entries = [entry for entry in ledger.entries if entry.action != "shadow"]
    ends = [entry.at for entry in entries[1:]]
    return [
        Term(entry.release, entry.at, end)
        for entry, end in zip_longest(entries, ends)
        if entry.version == number
    ]


NO_RELEASES = Ledger(schema_version=1, entries=())
"""The ledger of a folder in which nothing was released yet."""


def read_ledger(models_dir: Path) -> Ledger:
    """Read the ledger of a models folder; it is empty where nothing was released yet.

    Raises:
        DamagedError: it was edited, an entry is missing, or a newer release of this project wrote
            it; names the entry.
        StorageError: the folder cannot be read.
    """
    path = models_dir / LEDGER
    try:
        path.lstat()
    except FileNotFoundError:
        return NO_RELEASES
    except OSError as error:  # not an empty ledger: a promotion would replace what is there
        raise storage_error(path, "cannot be read", error) from None
    return parse_ledger(read_bounded(path), path)


def parse_ledger(data: bytes, path: Path) -> Ledger:
    """Parse the bytes of a ledger, and check its chain.

    Raises:
        DamagedError: see `read_ledger`.
    """
    try:
        ledger = Ledger.model_validate_json(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise _invalid(path, problem["loc"], problem["msg"], problem["type"]) from None
    previous = None
    for number, entry in enumerate(ledger.entries, start=1):
        if entry.release != number:
            what = f"has release {entry.release} where release {number} should be"
            raise DamagedError(path, what, RESTORE_LEDGER)
        if entry.sha256 != entry.own_hash():
            what = f"was altered: release {number} is not what its hash says"
            raise DamagedError(path, what, RESTORE_LEDGER)
        if entry.previous != previous:
            what = f"was altered: release {number} does not carry the hash of the one before it"
            raise DamagedError(path, what, RESTORE_LEDGER)
        if entry.before and ledger.entries[entry.before - 1].action == "shadow":
            what = f"is not a valid ledger (release {number}: `before` names a shadow)"
            raise DamagedError(path, what, RESTORE_LEDGER)
        previous = entry.full_hash()
    return ledger


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _invalid(path: Path, location: tuple[int | str, ...], message: str, kind: str) -> DamagedError:
    if location[:1] == ("schema_version",) and kind != "missing":
        what = "has a schema_version that this release does not know"
        return DamagedError(path, what, "upgrade this installation")
    if location[:1] == ("entries",) and len(location) > 1:
        where = f"release {int(location[1]) + 1}: {'.'.join(map(str, location[2:])) or 'entry'}"
    else:
        where = ".".join(map(str, location)) or "content"
    newer = kind in ("extra_forbidden", "literal_error")  # a key or an action of a later release
    remedy = f"upgrade this installation, or {RESTORE_LEDGER}" if newer else RESTORE_LEDGER
    return DamagedError(path, f"is not a valid ledger ({where}: {message})", remedy)
