"""The record of a version: what went in, what came out, and the digest over both."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError

from maas.errors import DamagedError, DataError
from maas.model.signature import Runtime, Signature
from maas.model.tag import ModelName
from maas.registry.file_names import FileName
from maas.registry.left_out import Count, LeftOutRecord
from maas.registry.manifest_rules import HEADLINES, find_fault
from maas.registry.run_warnings import (
    FIRST_SCHEMA_WITH_RECORDS,
    RECORDS,
    HeldOutRecord,
    WarningRecord,
)
from maas.strict_model import StrictModel, added_later

SchemaVersion = Literal[1, 2, 3, 4]
"""How a version was made, where one key has had more than one meaning.

1: `signature.example` is the first training row. 2: it is made of medians and most frequent values.
3: metrics are measured on the held-out rows that the service answers, what they leave out and what
the run warned of is recorded, times of text are read as times, a wide one-hot matrix is sparse, and
pickle and graph depend on the fitted values only. 4: there is a report.json, and reference.json
has round edges, between which training rows are counted as requests are, and answers too.
"""

# Raise it when a key gets another meaning or rule; not for a new key.
SCHEMA_VERSION: SchemaVersion = 4

# The remedy for every damaged file of a version.
RESTORE = "restore it from a backup, or train a new version"

# Far above any model; a forged size beyond it is damage without a look at the file.
MAX_FILE_BYTES = 2**40

# The keys of `data` that hold what the config asked for, so that nobody may strip them either.
_DATA_RECORDS = ("left_out", "merged")

# How much of a forged key or name an error repeats.
_MAX_TOLD = 200

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class FileRecord(StrictModel):
    """A file of a version: its hash and its size in bytes."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0, le=MAX_FILE_BYTES)]


class DataRecord(StrictModel):
    """The data of a version.

    Attributes:
        source: as in the config.
        sha256: the hash of the values as read.
        rows: their number, without those that were left out.
        left_out: how many rows of the source were left out; None: none.
        merged: how many rows of rare classes got the class `data.rare_class`.
    """

    source: str
    sha256: Sha256
    rows: Annotated[int, Field(ge=1, lt=2**63)]
    left_out: LeftOutRecord | None = added_later(None)
    merged: Count = added_later(0)


class ParityRecord(StrictModel):
    """Whether the served model predicted the same as the fitted one, and within which tolerance."""

    passed: bool
    tolerance: Annotated[float, Field(ge=0)]


class Manifest(StrictModel):
    """The content of manifest.json: inputs and reproducible results only, under one digest."""

    schema_version: SchemaVersion
    model_name: ModelName
    config: dict[str, Any]
    data: DataRecord
    signature: Signature
    metrics: dict[str, float]
    runtime: Runtime
    parity: ParityRecord
    held_out: HeldOutRecord | None = added_later(None)
    warnings: Annotated[tuple[WarningRecord, ...], Field(max_length=20)] = added_later(())
    files: Annotated[dict[FileName, FileRecord], Field(max_length=100)]
    digest: Digest

    @classmethod
    def seal(
        cls,
        files: Mapping[str, bytes],
        schema_version: SchemaVersion = SCHEMA_VERSION,
        **content: Any,
    ) -> Self:
        """Build the manifest of `files`, with its digest.

        Raises:
            DataError: it would break a rule of manifests, so no reader would accept it.
        """
        records = {name: record_file(data) for name, data in files.items()}
        unsealed = cls.model_construct(
            schema_version=schema_version, files=records, digest="", **content
        )
        digest = _digest(unsealed.model_dump(mode="json", warnings=False))
        manifest = cls.model_validate({**dict(unsealed), "digest": digest})
        if fault := find_fault(manifest):
            raise DataError("manifest.json", f"would not be valid ({fault})", "correct the config")
        return manifest

    @classmethod
    def parse(cls, data: bytes, where: object) -> Self:
        """Read manifest.json and check it against its own digest.

        Raises:
            DamagedError: it is not a valid manifest, or was altered.
        """
        try:
            manifest = cls.model_validate_json(data)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            key = ".".join(map(str, problem["loc"]))
            raise _invalid(where, f"{key or 'content'}: {problem['msg']}") from None
        try:
            digest = _digest(json.loads(data))
        except (ValueError, RecursionError):  # pydantic accepts NaN, which is not JSON
            digest = ""
        if digest != manifest.digest:
            raise DamagedError(where, "was altered: its digest does not match", RESTORE)
        if fault := find_fault(manifest):
            raise _invalid(where, fault)
        return manifest

    def in_schema_of(self, other: "Manifest") -> "Manifest":
        """This manifest with the keys that another one names, under the digest of just these.

        What was added to the schema after the other was published is left out, so that the two
        can be compared.
        """
        own = self.model_dump(mode="json")
        content = _restrict(own, other.model_dump(mode="json"))
        if other.schema_version >= FIRST_SCHEMA_WITH_RECORDS:
            # Nobody may strip them from a version.
            content |= {key: own[key] for key in RECORDS if key in own}
            content["data"] |= {
                key: own["data"][key] for key in _DATA_RECORDS if key in own["data"]
            }
        content["digest"] = _digest(content)
        return Manifest.model_validate_json(json.dumps(content))

    @property
    def headline(self) -> tuple[str, float]:
        """The name of the main metric, and its value on the held-out rows."""
        name = HEADLINES[self.signature.task]
        return name, self.metrics[name]

    def to_bytes(self) -> bytes:
        """Write the manifest as canonical JSON, indented for people, LF at the end."""
        return canonical_json(self.model_dump(mode="json"), indent=1)


def record_file(data: bytes) -> FileRecord:
    """Hash and measure the content of a file."""
    return FileRecord(sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def canonical_json(value: Any, indent: int | None = None) -> bytes:
    """Write JSON with sorted keys, UTF-8, finite numbers and LF."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(
        value,
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        indent=indent,
        separators=separators,
    )
    return text.encode() + b"\n"


def _invalid(where: object, fault: str) -> DamagedError:
    told = fault if len(fault) <= _MAX_TOLD else f"{fault[:_MAX_TOLD]}…"
    return DamagedError(where, f"is not a valid manifest ({told})", RESTORE)


def _restrict(content: Any, named: Any) -> Any:
    """Leave out the keys of nested mappings that `named` does not have in the same place."""
    if isinstance(content, dict) and isinstance(named, dict):
        return {key: _restrict(content[key], named[key]) for key in content if key in named}
    if isinstance(content, list) and isinstance(named, list) and len(content) == len(named):
        return [_restrict(item, other) for item, other in zip(content, named, strict=True)]
    return content


def _digest(content: Mapping[str, Any]) -> str:
    covered = {key: value for key, value in content.items() if key != "digest"}
    return "sha256:" + hashlib.sha256(canonical_json(covered)).hexdigest()
