"""One published version: its files, and the check that they are still as published."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from maas.errors import DamagedError
from maas.registry.file_names import MANIFEST, MODEL_FILES, PICKLE, REFERENCE, REPORT, RUN
from maas.registry.files import check_file, read_bounded, read_checked
from maas.registry.manifest import RESTORE, Manifest
from maas.report.record import Report

__all__ = ["MANIFEST", "MODEL_FILES", "PICKLE", "REFERENCE", "REPORT", "RUN", "Version"]


@dataclass(frozen=True)
class Version:
    """A published version: its number, its folder and its checked manifest."""

    number: int
    path: Path
    manifest: Manifest

    @property
    def label(self) -> str:
        """`v3`: the name of the folder, and of the version in the BentoML store."""
        return f"v{self.number}"

    @property
    def tag(self) -> str:
        """`<model_name>:v3`, the tag in the BentoML store."""
        return f"{self.manifest.model_name}:{self.label}"

    def read(self, name: str) -> bytes:
        """Read a file of the version and check it against the manifest.

        Raises:
            DamagedError: the file is missing or is not the one that was published.
        """
        return read_checked(self.path / name, self.manifest)

    def read_run(self) -> dict[str, Any]:
        """Read run.json, the provenance of the version: when, where and with which packages.

        Raises:
            DamagedError: it is missing, or is not a JSON object.
        """
        path = self.path / RUN
        try:
            run = json.loads(read_bounded(path), parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise DamagedError(path, "cannot be read", RESTORE) from None
        if not isinstance(run, dict):
            raise DamagedError(path, "is not a JSON object", RESTORE)
        return run

    def read_report(self) -> Report | None:
        """Read report.json; None: the version was trained before there were reports.

        Raises:
            DamagedError: it is missing, was altered, or is not a valid report of this version.
        """
        if REPORT not in self.manifest.files:
            return None
        try:
            report = Report.model_validate_json(self.read(REPORT))
        except ValidationError:
            raise DamagedError(self.path / REPORT, "is not a valid report", RESTORE) from None
        told = {name: metric.value for name, metric in report.metrics.items()}
        if (report.task, told) != (self.manifest.signature.task, self.manifest.metrics):
            what = "is not the report of this version"
            raise DamagedError(self.path / REPORT, what, RESTORE)
        return report

    def check(self) -> None:
        """Check every file against the manifest, and that there are no other files.

        Raises:
            DamagedError: a file was altered, added or removed; names it.
        """
        for name in self.manifest.files:
            check_file(self.path / name, self.manifest)
        self.read_run()
        expected = {*self.manifest.files, MANIFEST, RUN}
        for name in sorted(os.listdir(self.path)):
            if name not in expected:
                where = self.path / name
                raise DamagedError(
                    where, "is not a file of this version", "move it out of the folder"
                )


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")
