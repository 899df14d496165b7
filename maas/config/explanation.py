"""The explanation of an invalid config: the key, its value and a remedy, from pydantic's errors."""

import difflib
import re
from collections.abc import Sequence

from pydantic import BaseModel, ValidationError


def explain(error: ValidationError, kind: type[BaseModel], name: str = "") -> tuple[str, str]:
    """Explain the problem of the first key as (what, remedy), and count the other invalid keys."""
    problems = error.errors(include_url=False)
    # If a value may have one of several types, there is a problem for each type. The deepest one
    # says most.
    keys = [_key(problem["loc"]) or name for problem in problems]
    problem = max(
        (p for p, key in zip(problems, keys, strict=True) if key.startswith(keys[0])),
        key=lambda p: len(p["loc"]),
    )
    key = _key(problem["loc"]) or name
    others = len({k for k in keys if not k.startswith(keys[0])})
    more = f" (and {others} more)" if others else ""
    value = problem["input"]
    if problem["type"] == "missing":
        return f"{key} is missing{more}", f"add `{key}:` and a value"
    if problem["type"] == "extra_forbidden":
        known = _keys(kind, problem["loc"][:-1])
        near = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {key} = {value!r}{more}", hint
    messages = [p["msg"] for p, k in zip(problems, keys, strict=True) if k == key]
    message = ", or ".join(dict.fromkeys(messages)).removeprefix("Value error, ")
    return f"{key} = {value!r}: {message}{more}", "correct the value"


def _key(location: Sequence[int | str]) -> str:
    """Build the dotted key, without the type names that pydantic adds to it."""
    kinds = re.compile(r"(constrained-\w+|literal\[.*\]|function-.*|[A-Z]\w*Config|int|str|float)")
    return ".".join(str(part) for part in location if not kinds.fullmatch(str(part)))


def _keys(kind: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    for part in location:
        field = kind.model_fields.get(str(part))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        kind = inner
    return sorted(kind.model_fields)
