"""The page of one served version."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from maas.errors import DamagedError
from maas.registry.about_version import about_manifest, about_version
from maas.registry.file_names import INFO
from maas.registry.ledger import Release
from maas.registry.version import Version
from maas.report.about import About, describe_moment, describe_parameters
from maas.report.classes import classes_table
from maas.report.drawing import report_figures
from maas.report.text import clean
from maas.report.verdict import verdict
from maas.report.warnings import describe_warnings
from maas.serving.api.responses import ShadowResponse
from maas.serving.monitoring.live_drift import LiveDrift
from maas.serving.page.form import MAX_SHOWN, form_fields
from maas.serving.page.history import describe_history
from maas.serving.page.inputs import describe_inputs
from maas.serving.page.kept import Kept
from maas.serving.page.rendering import render

# Of the routes that answer one row, the form asks the first of these, or else any.
_PREFERRED = ("/predict_proba", "/predict")


@dataclass(frozen=True)
class Mark:
    """A line of the summary, and how it is marked."""

    state: Literal["ok", "warn", "unknown"]
    text: str


class ModelPage:
    """The page of one version. What does not change is made once, when it is first asked for.

    Args:
        version: the served one.
        routes: the paths that answer one row.
        keyed: whether a key is needed to see the model.
        port: of the service, for the command that the page shows without its script.
        release: the one that made the version live, if one did.
        shadow: what is scored beside it, if anything is.
        drift: its live counts; None: its reference.json cannot be used.

    Attributes:
        whole: what `render_whole` gives, kept for a second.
        content: what `render_content` gives, likewise.
        inputs: what `render_inputs` gives, likewise.
    """

    def __init__(
        self,
        version: Version,
        routes: Collection[str],
        keyed: bool,
        port: int,
        release: Release | None,
        shadow: ShadowResponse | None,
        drift: LiveDrift | None,
    ) -> None:
        self._version, self._signature = version, version.manifest.signature
        self._route = [*(route for route in _PREFERRED if route in routes), *routes, ""][0]
        self._keyed, self._port = keyed, port
        self._release, self._shadow, self._drift = release, shadow, drift
        self.whole = Kept(self.render_whole)
        self.content = Kept(self.render_content)
        self.inputs = Kept(self.render_inputs)

    def render_whole(self) -> bytes:
        """The document at `/`; where a key is needed, it shows nothing of the model."""
        if self._keyed:
            return render("page.html", keyed=True, digest="", title="Model service")
        return render("page.html", **self._values(keyed=False))

    def render_content(self) -> bytes:
        """What the document shows of the model."""
        return render("content.html", **self._values(keyed=self._keyed))

    def render_inputs(self) -> bytes:
        """What it shows of the live rows."""
        return render("inputs.html", inputs=self._describe_inputs())

    def choices(self, feature: str) -> tuple[str, ...] | None:
        """The categories of a feature; None: it has none."""
        found = (each for each in self._signature.features if each.name == feature)
        return next((each.categories for each in found), None)

    def _values(self, keyed: bool) -> dict[str, Any]:
        moving = {
            "inputs": self._describe_inputs(),
            "history": describe_history(self._version.path.parent, self._release, self._shadow),
        }
        return self._fixed | moving | {"keyed": keyed}

    def _describe_inputs(self) -> Any:
        return describe_inputs(self._signature, self._read[0].reference, self._drift)

    @cached_property
    def _read(self) -> tuple[About, str]:
        """What the files say, and what is wrong with one that was changed since the start."""
        try:
            return about_version(self._version), ""
        except DamagedError as error:  # the model in memory was checked, and answers
            return about_manifest(self._version), f"{Path(str(error.where)).name} {error.what}"

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        """The values of the templates that do not change while this version is served."""
        (about, problem), signature = self._read, self._signature
        report = about.report
        said = verdict(signature, about.metrics, report)
        figures = () if report is None else report_figures(report, signature.target)
        notes = 0 if report is None else sum(r.is_note for r in describe_warnings(report))
        return {
            "about": about,
            "problem": problem,
            "title": f"{about.name} {about.label}",
            "digest": about.digest,
            "created": describe_moment(about.created_at),
            "parameters": describe_parameters(about.parameters),
            "verdict": said,
            "quality": _mark_quality(said.standing, len(about.warnings), notes),
            "live": self._describe_release(),
            "figures": figures,
            "in_bento": self._in_bento,
            "classes": "" if report is None else classes_table(report),
            "route": self._route,
            "fields": form_fields(signature),
            "shown_fields": MAX_SHOWN,
            "curl": self._curl(),
        }

    @cached_property
    def _in_bento(self) -> bool:
        """Whether the files are those of the store: a project serves its own."""
        return (self._version.path / INFO).exists()

    def _describe_release(self) -> str:
        if self._in_bento:
            return "As long as this Bento is deployed: it holds this version alone."
        if self._release is None:
            return "It was chosen at the start of the service; no release made it live."
        why = f": {clean(self._release.reason)}" if self._release.reason else ""
        when = describe_moment(self._release.at)
        return f"Since {when}, by release r{self._release.release}{why}"

    def _curl(self) -> str:
        """The command for the example row; the script writes it again with the page's address."""
        row = json.dumps(self._signature.example, ensure_ascii=False).replace("'", "'\\''")
        key = ' -H "X-API-Key: $API_KEY"' if self._keyed else ""
        address = f"http://localhost:{self._port}{self._route}"
        return f"curl -X POST '{address}'{key} -H 'Content-Type: application/json' -d '{row}'"


def _mark_quality(standing: str, warnings: int, notes: int) -> Mark:
    """Say whether the model is better than its baseline, and what else there is to know.

    Args:
        standing: of the verdict.
        warnings: how many there are.
        notes: how many of them hint at no mistake.
    """
    if standing == "unknown":
        return Mark("unknown", "Not compared with a baseline; see below.")
    is_fine = standing == "better" and warnings == notes
    said = f"{standing.capitalize()} than always giving the same answer"
    if warnings:
        kind = "note" if warnings == notes else "warning"
        count = f"one {kind}" if warnings == 1 else f"{warnings} {kind}s"
        said = f"{said}; {count}, see below"
    return Mark("ok" if is_fine else "warn", f"{said}.")
