"""The differences between two versions, and between the runs that made them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from maas.model.compatibility import SignatureChange, compare_signatures
from maas.registry.manifest import Manifest
from maas.registry.version import Version

# Dotted name -> [then, now]; None where one side has no such name.
Changes = dict[str, list[Any]]

# The keys of run.json that are compared: what can make two equal configs give other bytes.
_PROVENANCE = ("packages", "python", "glibc", "cpu", "platform", "lock_sha256", "determinism")

# The parts of a comparison, in the order in which they are printed.
_PARTS = (
    "config", "data", "metrics", "held_out", "warnings", "signature", "files", "packages",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What changed from one version to another; a part without changes is empty.

    Attributes:
        versions: the two numbers.
        same: whether the digests are equal.
        config: seed, data, split, preprocessing, estimator, runtime, numerics.
        data: source, hash and rows.
        metrics: on the held-out rows.
        held_out: how many held-out rows the service refuses, by feature.
        warnings: what the runs warned of: `kind.feature` -> what was seen.
        signature: features, target, classes.
        files: sizes and hashes.
        packages: packages and machine of the two runs, which the digest does not cover.
        compatibility: what clients of the first notice when the second is served.
    """

    versions: tuple[int, int]
    same: bool
    config: Changes
    data: Changes
    metrics: Changes
    held_out: Changes
    warnings: Changes
    signature: Changes
    files: Changes
    packages: Changes
    compatibility: tuple[SignatureChange, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The comparison as a JSON object."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """The comparison as text, one line per change."""
        first, second = self.versions
        equal = "the same digest" if self.same else "different digests"
        yield f"v{first} and v{second} have {equal}"
        for part in _PARTS:
            yield from change_lines(part, getattr(self, part))
        for change in self.compatibility:
            yield f"compatibility  {change.text}"


def compare(first: Version, second: Version) -> Comparison:
    """Compare two versions by their manifests and by the packages and machines of their runs.

    Raises:
        DamagedError: the run.json of one of them cannot be read.
    """
    then, now = first.manifest, second.manifest
    before, after = first.read_run(), second.read_run()
    return Comparison(
        versions=(first.number, second.number),
        same=then.digest == now.digest,
        **compare_manifests(then, now),
        files=differences(_files(then), _files(now)),
        packages=differences(
            {key: before.get(key) for key in _PROVENANCE},
            {key: after.get(key) for key in _PROVENANCE},
        ),
        compatibility=compare_signatures(then.signature, now.signature),
    )


def compare_manifests(then: Manifest, now: Manifest) -> dict[str, Changes]:
    """Find what changed in the parts of a manifest that stand for all the others."""
    return {
        "config": differences(then.config, now.config),
        "data": differences(then.data.model_dump(), now.data.model_dump()),
        "metrics": differences(then.metrics, now.metrics),
        "held_out": differences(_held_out(then), _held_out(now)),
        "warnings": differences(_warnings(then), _warnings(now)),
        "signature": differences(_signature(then), _signature(now)),
    }


def change_lines(part: str, changes: Changes) -> Iterator[str]:
    """The changes of one part as text, one line per change."""
    for name, (then, now) in changes.items():
        yield f"{part:9}  {name}: {_describe_change(then, now)}"


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Changes:
    """Find the values that two nested mappings do not share, compared as JSON (1 is not 1.0)."""
    found: Changes = {}
    for key in sorted(then.keys() | now.keys()):
        old, new = then.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            inner = differences(old, new)
            found |= {f"{key}.{name}": pair for name, pair in inner.items()}
        elif json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
            found[key] = [old, new]
    return found


def _signature(manifest: Manifest) -> dict[str, Any]:
    """Key the features by name, so that a new one does not make all later ones differ."""
    content = manifest.signature.model_dump(mode="json")
    features = {feature.pop("name"): feature for feature in content["features"]}
    order = list(features)
    return content | {"features": features, "order": order}


def _held_out(manifest: Manifest) -> dict[str, Any]:
    record = manifest.held_out
    return {"refused": record.refused, "by_feature": record.by_feature} if record else {}


def _warnings(manifest: Manifest) -> dict[str, str]:
    return {
        f"{record.kind}.{name}": record.seen
        for record in manifest.warnings
        for name in record.features
    }


def _files(manifest: Manifest) -> dict[str, Any]:
    return {
        name: f"{record.size} bytes, sha256 {record.sha256[:12]}…"
        for name, record in manifest.files.items()
    }


def _describe_change(then: Any, now: Any) -> str:
    if then is None:
        return f"{_format_value(now)} was added"
    if now is None:
        return f"{_format_value(then)} was removed"
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (then, now))
    change = f" ({now - then:+.4g})" if numbers else ""
    return f"{_format_value(then)} -> {_format_value(now)}{change}"


def _format_value(value: Any) -> str:
    if isinstance(value, float):
        return str(value) if value.is_integer() else f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(
            f"{key} {_format_value(item)}" for key, item in value.items() if item is not None
        )
    return str(value)
