"""Names that look like versions and are none: reported, and never counted."""

import logging
from collections.abc import Iterable
from pathlib import Path

from maas.model.tag import MAX_NUMBER, strays_among

# So many are named; the others are counted.
_MAX_NAMED = 5

log = logging.getLogger("maas")


def report_strays(folder: Path, names: Iterable[str]) -> None:
    """Log one warning for the names in a folder that have no valid number, such as `v01`."""
    strays = strays_among(names)
    if not strays:
        return
    others = len(strays) - _MAX_NAMED
    more = f" and {others} more" if others > 0 else ""
    named = ", ".join(strays[:_MAX_NAMED])
    what = "not a version (v1 to v%d), left out; move it elsewhere"
    log.warning(f"%s: %s%s: {what}", folder, named, more, MAX_NUMBER)
