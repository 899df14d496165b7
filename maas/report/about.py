"""What a version is: everything that its report says, however it was read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from maas.model.signature import Signature
from maas.report.record import Report
from maas.report.text import cut

# Letters of them that are shown.
_MAX_PARAMETERS = 2000


@dataclass(frozen=True)
class About:
    """A version, for people.

    Attributes:
        name: of the model.
        label: `v3`.
        digest: of its manifest.
        created_at: RFC 3339, UTC; None: unknown.
        source: of the data, as in the config.
        data_sha256: the hash of the values as read.
        rows: of the data, without those that were left out.
        left_out: what was left out, in words; "" where nothing was.
        estimator: the class of scikit-learn.
        parameters: those of the config.
        signature: what it takes and gives.
        metrics: of the manifest.
        warnings: what a reader should know, one line each.
        report: None: it was trained before there were reports.
        reference: the content of reference.json.
    """

    name: str
    label: str
    digest: str
    created_at: str | None
    source: str
    data_sha256: str
    rows: int
    left_out: str
    estimator: str
    parameters: Mapping[str, Any]
    signature: Signature
    metrics: Mapping[str, float]
    warnings: tuple[str, ...]
    report: Report | None
    reference: Mapping[str, Any]


def describe_moment(moment: str | None) -> str:
    """A moment of RFC 3339 as people write it, in UTC to the minute."""
    try:
        found = datetime.fromisoformat(moment or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return "an unknown moment"
    return f"{found.day} {found:%B %Y, %H:%M} UTC"


def describe_parameters(parameters: Mapping[str, Any]) -> str:
    """The parameters of an estimator in one line."""
    if not parameters:
        return "the defaults of scikit-learn"
    given = (f"{key}={json.dumps(value)}" for key, value in sorted(parameters.items()))
    return cut(", ".join(given), _MAX_PARAMETERS)
