"""One published version: its files, and the check that they are the published ones."""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maas.errors import DamagedError
from maas.model.signature import Runtime
from maas.registry.files import RESTORE, check_file, read_checked
from maas.registry.manifest import Manifest

MANIFEST = "manifest.json"
PICKLE = "saved_model.pkl"
REFERENCE = "reference.json"
RUN = "run.json"
"""Files of a version. run.json alone is not covered by the digest."""

MODEL_FILES: dict[Runtime, str] = {"onnx": "model.onnx", "sklearn": PICKLE}
"""The file that each runtime serves from."""


_NUMBERED = re.compile(r"v([1-9][0-9]{0,17})")


def numbers_among(names: Iterable[str]) -> list[int]:
    """The numbers of those names that are a version's (`v3`), ascending."""
    return sorted(int(match[1]) for name in names if (match := _NUMBERED.fullmatch(name)))


@dataclass(frozen=True)
class Version:
    """A published version: its number, folder and manifest (which was checked)."""

    number: int
    path: Path
    manifest: Manifest

    @property
    def label(self) -> str:
        """`v3`: the folder's name and the store's version."""
        return f"v{self.number}"

    @property
    def tag(self) -> str:
        """`<model_name>:v3`, the tag in the BentoML store."""
        return f"{self.manifest.model_name}:{self.label}"

    def read(self, name: str) -> bytes:
        """Read a file of the version and check it against the manifest.

        Raises:
            DamagedError: the file is gone or is not the one that was published.
        """
        return read_checked(self.path / name, self.manifest)

    def read_run(self) -> dict[str, Any]:
        """Read run.json, the circumstances of the run.

        Raises:
            DamagedError: it is gone, or no JSON object.
        """
        path = self.path / RUN
        try:
            run = json.loads(path.read_bytes(), parse_constant=_refuse)
        except FileNotFoundError:
            raise DamagedError(path, "is missing", RESTORE) from None
        except (OSError, ValueError, RecursionError):
            raise DamagedError(path, "cannot be read", RESTORE) from None
        if not isinstance(run, dict):
            raise DamagedError(path, "is no JSON object", RESTORE)
        return run

    def check(self) -> None:
        """Check every file against the manifest, and that there is no other.

        Raises:
            DamagedError: naming the file.
        """
        for name in self.manifest.files:
            check_file(self.path / name, self.manifest)
        self.read_run()
        expected = {*self.manifest.files, MANIFEST, RUN}
        for name in sorted(os.listdir(self.path)):
            if name not in expected:
                where = self.path / name
                raise DamagedError(where, "does not belong to the version", "take the file out")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
