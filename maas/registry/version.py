"""One published version: its files, and the check that they are still as published."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maas.errors import DamagedError
from maas.registry.file_names import MANIFEST, MODEL_FILES, PICKLE, REFERENCE, RUN
from maas.registry.files import check_file, read_bounded, read_checked
from maas.registry.manifest import RESTORE, Manifest

__all__ = ["MANIFEST", "MODEL_FILES", "PICKLE", "REFERENCE", "RUN", "Version"]


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
