"""The tag of a version, `<model_name>:vN`: the form of its name and the bound of its number."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import StringConstraints

# BentoML's own rule for tag names (bentoml/_internal/tag.py), minus ":" and "/".
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-._a-z0-9]{0,61}[a-z0-9])?$")]

# One bound for all that reads or gives a number: a folder whose number no reader accepts would
# otherwise raise every later number beyond what readers accept.
MAX_DIGITS = 9
MAX_NUMBER = 10**MAX_DIGITS - 1

_NUMBER = re.compile(rf"[1-9][0-9]{{0,{MAX_DIGITS - 1}}}")
_LIKE_A_LABEL = re.compile(r"v[0-9]+")


def parse_number(digits: str) -> int | None:
    """Read the number of a version; None if it is not one, from 1 to `MAX_NUMBER`."""
    return int(digits) if _NUMBER.fullmatch(digits) else None


VERSION_FORMS = "3, v3, latest or live"
"""The forms in which a command, a setting or a variable names a version."""


def parse_version(text: str) -> int | Literal["latest", "live"] | None:
    """Read what names a version, in one of `VERSION_FORMS`; None if it has another form."""
    if text == "latest":
        return "latest"
    return "live" if text == "live" else parse_number(text.removeprefix("v"))


def numbers_among(names: Iterable[str]) -> list[int]:
    """Find the names that are those of a version (`v3`); return their numbers, ascending."""
    numbers = (parse_number(name[1:]) for name in names if name[:1] == "v")
    return sorted(number for number in numbers if number is not None)


def strays_among(names: Iterable[str]) -> list[str]:
    """Find the names that look like those of a version, but have no valid number (`v01`)."""
    like = (name for name in names if _LIKE_A_LABEL.fullmatch(name))
    return sorted(name for name in like if parse_number(name[1:]) is None)
