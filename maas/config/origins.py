"""The origins of web pages that may call the service, as a config names them."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

ANY_ORIGIN = "*"

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<host>[a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(:(?P<port>[0-9]{1,5}))?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FORM = "write an origin as scheme://host or scheme://host:port, without a path; or * for all"


def _check_origin(origin: str) -> str:
    """An origin as browsers send it: in small letters, and without its scheme's own port."""
    if origin == ANY_ORIGIN:
        return origin
    found = _ORIGIN.fullmatch(origin.lower())
    if found is None:
        raise ValueError(_FORM)
    scheme, host, port = found["scheme"], found["host"], int(found["port"] or 0)
    if found["port"] and not 1 <= port <= 65535:
        raise ValueError(_FORM)
    named = f":{port}" if port and port != _DEFAULT_PORTS.get(scheme) else ""
    return f"{scheme}://{host}{named}"


def _split(value: object) -> object:
    """Take one text, with commas between its origins, as a variable has it; or a list."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    return tuple(value) if isinstance(value, list) else value


Origin = Annotated[str, AfterValidator(_check_origin)]
Origins = Annotated[tuple[Origin, ...] | None, BeforeValidator(_split)]
