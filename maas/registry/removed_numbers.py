"""The highest number that was removed, in `models/removed.json`: no number is used twice.

Without it, the number of the newest version would be free again once its folder and its entry in
the store are gone, and one name would have meant two models.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from maas.errors import DamagedError
from maas.model.tag import MAX_NUMBER
from maas.registry.files import is_missing, read_bounded, sync_folder, write_synced
from maas.registry.manifest import canonical_json
from maas.strict_model import StrictModel

REMOVED = "removed.json"
"""Its name in the models folder."""

# Its content is a line.
_MAX_BYTES = 4096

_REMEDY = (
    'write {"highest": N, "schema_version": 1} into it, where N is the highest number that was '
    "ever removed, or restore it from a backup"
)


class RemovedNumbers(StrictModel):
    """The content of the file: the highest number of a version that was removed."""

    schema_version: Literal[1] = 1
    highest: Annotated[int, Field(ge=1, le=MAX_NUMBER)]


def read_highest_removed(models_dir: Path) -> int:
    """Read the highest number that was removed from a models folder; 0 if none was.

    Raises:
        DamagedError: the file cannot be read, or is not valid.
    """
    path = models_dir / REMOVED
    try:
        if is_missing(path):
            return 0
        data = read_bounded(path, _MAX_BYTES)
    except DamagedError as error:
        raise DamagedError(path, error.what, _REMEDY) from None
    try:
        return RemovedNumbers.model_validate_json(data).highest
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, problem["loc"])) or "content"
        if key == "schema_version":
            what = "has a schema_version that this release does not know"
            raise DamagedError(path, what, "upgrade this installation") from None
        what = f"is not valid ({key}: {problem['msg']})"
        raise DamagedError(path, what, _REMEDY) from None


def record_removed(models_dir: Path, number: int, staging: Path) -> None:
    """Record that a number is about to be removed; a lower one than the recorded changes nothing.

    Args:
        models_dir: the models folder.
        number: of the version.
        staging: a folder on the same disk, in which the file is written before it is renamed.

    Raises:
        DamagedError: the file that is there is not valid.
        OSError: it cannot be written.
    """
    if number <= read_highest_removed(models_dir):
        return
    fresh = staging / REMOVED
    content = RemovedNumbers(highest=number).model_dump(mode="json")
    write_synced(fresh, canonical_json(content))
    fresh.chmod(0o644)  # Windows replaces no read-only file
    os.replace(fresh, models_dir / REMOVED)
    sync_folder(models_dir)
