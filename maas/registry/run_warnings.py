"""What a run warns of: the records of a manifest, and the same in words.

The words are made from the records when they are shown. So they can be improved without another
digest, and a forged manifest has no text of its own to show.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from maas.model.signature import FLOAT32_MAX, Signature
from maas.strict_model import StrictModel

if TYPE_CHECKING:
    from maas.registry.manifest import Manifest

Kind = Literal["refused", "leak", "constant", "ascending"]
"""What a warning is about, for programs."""
Seen = Literal[
    "equal", "linear", "monotone", "determines", "one_to_one", "separates", "one_value",
    "rising", "falling",
]  # fmt: skip
"""What exactly was seen in a column."""

# The keys of a manifest that hold the records, and the first schema whose versions have them if
# there is anything to record.
RECORDS = ("held_out", "warnings")
FIRST_SCHEMA_WITH_RECORDS = 3

# A record names so many features at most, and counts the others.
MAX_NAMED = 20

# A line names so many of them, and so many letters of each.
_MAX_LISTED = 10
_MAX_NAME_LETTERS = 40

KINDS: dict[Seen, Kind] = {
    "equal": "leak",
    "linear": "leak",
    "monotone": "leak",
    "determines": "leak",
    "one_to_one": "leak",
    "separates": "leak",
    "one_value": "constant",
    "rising": "ascending",
    "falling": "ascending",
}

_LEAK = "; it may be the target in another form, or known only after it: if so, "
_USELESS = ", which tells the model nothing; "
_PHRASES: dict[Seen, str] = {
    "equal": f"equals the target in every training row{_LEAK}",
    "linear": f"is a linear function of the target in the training rows{_LEAK}",
    "monotone": f"rises or falls with the target in (nearly) all training rows{_LEAK}",
    "determines": f"has a single target for each of its values in the training rows{_LEAK}",
    "one_to_one": f"has one value for each class in the training rows{_LEAK}",
    "separates": f"separates the classes of all training rows by its size alone{_LEAK}",
    "one_value": f"has the same value in every training row{_USELESS}",
    "rising": f"rises by whole numbers from row to row, as a row number or id does{_USELESS}",
    "falling": f"falls by whole numbers from row to row, as a row number or id does{_USELESS}",
}


class HeldOutRecord(StrictModel):
    """The held-out rows, and those of them that the service refuses: the metrics leave those out.

    Attributes:
        rows: number of held-out rows.
        refused: number of them that the service refuses.
        by_feature: the feature's name -> number of rows whose value of it is refused; a row may
            count for several features.
    """

    rows: Annotated[int, Field(ge=1)]
    refused: Annotated[int, Field(ge=0)]
    by_feature: dict[str, Annotated[int, Field(ge=1)]]


class WarningRecord(StrictModel):
    """Features that are probably not meant to be there.

    Attributes:
        kind: what the warning is about.
        seen: what exactly was seen.
        features: the names of the features, in the order of the signature; the first 20.
        count: the number of features.
    """

    kind: Literal["leak", "constant", "ascending"]
    seen: Seen
    features: Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_NAMED)]
    count: Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class RunWarning:
    """A warning for people and programs.

    Attributes:
        kind: what it is about.
        features: the names of its features; the first 20.
        message: what was seen, and the remedy, in one line.
    """

    kind: Kind
    features: tuple[str, ...]
    message: str


def run_warnings(manifest: "Manifest") -> list[RunWarning]:
    """The warnings that a manifest records, in words."""
    found = [_describe(manifest, record) for record in manifest.warnings]
    if manifest.held_out is None:
        return found
    return [_describe_refusals(manifest.held_out, manifest.signature), *found]


def record_faults(manifest: "Manifest") -> Iterator[str]:
    """Find what is wrong between the records of a manifest and its other keys."""
    if manifest.schema_version < FIRST_SCHEMA_WITH_RECORDS:
        for key in RECORDS:
            if getattr(manifest, key):
                yield f"{key}: schema {manifest.schema_version} does not have it"
    names = {feature.name for feature in manifest.signature.features}
    if manifest.held_out is not None:
        yield from _held_out_faults(manifest.held_out, manifest.data.rows, names)
    for record in manifest.warnings:
        yield from _warning_faults(record, names)


def _held_out_faults(record: HeldOutRecord, rows: int, names: set[str]) -> Iterator[str]:
    counts = record.by_feature
    if not 1 <= record.refused <= record.rows < rows:
        yield "held_out: it refuses no row, or more rows than there are"
    if not counts.keys() <= names:
        yield "held_out.by_feature: it names what is not a feature"
    if not max(counts.values(), default=0) <= record.refused <= sum(counts.values()):
        yield "held_out.by_feature: its numbers do not make up the refused rows"


def _warning_faults(record: WarningRecord, names: set[str]) -> Iterator[str]:
    if not names.issuperset(record.features) or record.count > len(names):
        yield "warnings: one names what is not a feature"
    if not len(set(record.features)) == len(record.features) == min(record.count, MAX_NAMED):
        yield "warnings: the features of one are not as many as its count says"
    if record.kind != KINDS[record.seen]:
        yield f"warnings: {record.seen!r} is not seen in what is {record.kind}"


def describe_refusals(record: HeldOutRecord) -> str:
    """How many held-out rows are refused, and for which features."""
    ordered = sorted(record.by_feature.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{_quote(name)}: {count}" for name, count in ordered[:_MAX_LISTED]]
    others = len(ordered) - len(named)
    if others:
        named.append(f"{others} more feature{'s' * (others > 1)}")
    return f"{record.refused} of {record.rows} held-out rows ({', '.join(named)})"


def refusal_remedy(record: HeldOutRecord, signature: Signature, key: str) -> str:
    """What makes the service answer such rows.

    Args:
        record: it refuses at least one row.
        signature: of the same run.
        key: how to set `preprocessing.unknown`.
    """
    types = {feature.name: feature.type for feature in signature.features}
    numbers = [name for name in record.by_feature if types.get(name) != "category"]
    remedies = []
    if len(numbers) < len(record.by_feature):
        remedies.append(f"{key}: a category that no training row has then counts as missing")
    if numbers:
        bound = f"{FLOAT32_MAX if signature.input_bound is None else signature.input_bound:g}"
        what = f"correct or rescale {_list(numbers)}: the model computes with numbers up to {bound}"
        remedies.append(what)
    return "; ".join(remedies)


def _describe_refusals(record: HeldOutRecord, signature: Signature) -> RunWarning:
    message = (
        f"the service refuses {describe_refusals(record)}, and the metrics leave these rows out; "
        f"{refusal_remedy(record, signature, 'set `preprocessing.unknown: ignore`')}"
    )
    return RunWarning("refused", tuple(record.by_feature)[:MAX_NAMED], message)


def _describe(manifest: "Manifest", record: WarningRecord) -> RunWarning:
    names = _list(record.features, record.count)
    subject = f"features {names}: each" if record.count > 1 else f"feature {names}"
    message = f"{subject} {_PHRASES[record.seen]}{_exclusion(manifest.config, record)}"
    return RunWarning(record.kind, record.features, message)


def _exclusion(config: Mapping[str, object], record: WarningRecord) -> str:
    """How to leave features out; where the config lists none, they have the names of columns."""
    them = "them" if record.count > 1 else "it"
    data = config.get("data")
    if isinstance(data, dict) and data.get("features") is not None:
        return f"take {them} out of data.features"
    if record.count > _MAX_LISTED:
        return f"leave {them} out with data.exclude"
    names = ", ".join(json.dumps(name, ensure_ascii=False) for name in record.features)
    return f"leave {them} out with `data.exclude: [{names}]`"


def _list(names: Sequence[str], count: int | None = None) -> str:
    listed = [_quote(name) for name in names[:_MAX_LISTED]]
    others = (count or len(names)) - len(listed)
    return ", ".join(listed) + (f" and {others} more" if others else "")


def _quote(name: str) -> str:
    return repr(name if len(name) <= _MAX_NAME_LETTERS else f"{name[:_MAX_NAME_LETTERS]}…")
