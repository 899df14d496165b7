"""What a published version is, for people: read from its files."""

import json
from collections.abc import Mapping
from typing import Any

from maas.errors import DamagedError
from maas.registry.file_names import REFERENCE
from maas.registry.left_out import describe_left_out
from maas.registry.manifest import RESTORE
from maas.registry.run_warnings import run_warnings
from maas.registry.version import Version
from maas.report.about import About
from maas.report.distribution import OTHERS
from maas.report.parts import MAX_BINS
from maas.report.record import Report
from maas.report.warnings import warning_lines


def about_version(version: Version) -> About:
    """Read what a version is.

    Raises:
        DamagedError: report.json, reference.json or run.json is missing, was altered, or is not
            valid.
    """
    created = version.read_run().get("created_at")
    return about_manifest(
        version,
        version.read_report(),
        read_reference(version),
        created if isinstance(created, str) else None,
    )


def about_manifest(
    version: Version,
    report: Report | None = None,
    reference: Mapping[str, Any] | None = None,
    created_at: str | None = None,
) -> About:
    """What the manifest says of a version, with what its other files say if that is given."""
    manifest = version.manifest
    estimator = manifest.config.get("estimator")
    named = estimator if isinstance(estimator, dict) else {}
    params = named.get("params")
    lines = [warning.message for warning in run_warnings(manifest)]
    return About(
        name=manifest.model_name,
        label=version.label,
        digest=manifest.digest,
        created_at=created_at,
        source=manifest.data.source,
        data_sha256=manifest.data.sha256,
        rows=manifest.data.rows,
        left_out=describe_left_out(manifest.data.left_out, manifest.data.merged),
        estimator=str(named.get("name", "unknown")),
        parameters=params if isinstance(params, dict) else {},
        signature=manifest.signature,
        metrics=manifest.metrics,
        warnings=(*lines, *(warning_lines(report) if report else ())),
        report=report,
        reference=reference or {},
    )


def read_reference(version: Version) -> Mapping[str, Any]:
    """Read reference.json.

    Raises:
        DamagedError: it is missing, was altered, or is not one of the version's signature.
    """
    from maas.drift.counts import BinCounts  # loads numpy

    try:
        reference = json.loads(version.read(REFERENCE))
        _check_bins(reference)
        BinCounts(version.manifest.signature, reference)
        _check_counts(reference)
    except (ValueError, AttributeError, LookupError, TypeError, RecursionError):
        raise DamagedError(version.path / REFERENCE, "is not a valid reference", RESTORE) from None
    return dict(reference)


def _check_bins(reference: Mapping[str, Any]) -> None:
    """Check that there are as many bins as a picture can show.

    Raises:
        ValueError: a feature or the target has far more than training makes, or an edge alone.
    """
    for record in (*reference["features"].values(), reference["target"]):
        edges = len(record.get("edges") or ())
        if edges == 1 or edges > MAX_BINS + 1:
            raise ValueError(f"{edges} edges")


def _check_counts(reference: Mapping[str, Any]) -> None:
    """Check what counting live values does not look at.

    Raises:
        ValueError: a count is not one, or the held-out answers are in other bins.
    """
    from maas.drift.bins import read_count

    read_count(reference.get("rows"), "rows")
    target = reference["target"]
    answers = reference.get("prediction", target)
    if _bins(answers) != _bins(target):
        raise ValueError("prediction: other bins")
    for record in (*reference["features"].values(), target, answers):
        counts = record["counts"]
        others = (record.get(key, 0) for key in OTHERS)
        for count in (*(counts.values() if isinstance(counts, dict) else counts), *others):
            read_count(count, "counts")


def _bins(record: Any) -> object:
    counts = record.get("counts")
    return counts.keys() if isinstance(counts, dict) else len(counts or ())
