"""The explanation of an invalid config: the key, its value and a remedy, from pydantic's errors."""

import difflib
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Key = tuple[str, ...]


def explain(error: ValidationError, kind: Any, name: str = "") -> tuple[str, str]:
    """Explain the problem of the first key as (what, remedy), and count the other invalid keys.

    Args:
        error: what pydantic found.
        kind: the type that was validated against.
        name: the key whose value was validated, where that was not a whole config.
    """
    problems = error.errors(include_url=False)
    # If a value may have one of several types, there is a problem for each type. The deepest one
    # says most.
    above = (name,) if name else ()
    keys = [above + _follow(kind, _location(problem))[0] for problem in problems]
    problem, key = max(
        ((p, k) for p, k in zip(problems, keys, strict=True) if _is_within(k, keys[0])),
        key=lambda pair: len(pair[0]["loc"]),
    )
    shown = ".".join(key)
    others = len({k for k in keys if not _is_within(k, keys[0])})
    more = f" (and {others} more)" if others else ""
    value = problem["input"]
    if problem["type"] == "missing":
        return f"{shown} is missing{more}", f"add `{shown}:` and a value"
    if problem["type"] == "extra_forbidden":
        (model, *_) = _members(_follow(kind, problem["loc"][:-1])[1])
        known = sorted(getattr(model, "model_fields", ()))
        near = difflib.get_close_matches(key[-1], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {shown} = {value!r}{more}", hint
    messages = [p["msg"] for p, k in zip(problems, keys, strict=True) if k == key]
    message = ", or ".join(dict.fromkeys(messages)).removeprefix("Value error, ")
    return f"{shown} = {value!r}: {message}{more}", "correct the value"


def _is_within(key: Key, outer: Key) -> bool:
    return key[: len(outer)] == outer


def _location(problem: ErrorDetails) -> tuple[int | str, ...]:
    """Give the place of a problem; pydantic adds `[key]` to that of a key which is not valid."""
    location = problem["loc"]
    is_key = location[-1:] == ("[key]",) and problem["input"] == location[-2]
    return location[:-1] if is_key else location


def _follow(kind: Any, location: Sequence[int | str]) -> tuple[Key, Any]:
    """Follow a location through a type; give the keys in it, and the type that it leads to.

    Where a value may have one of several types, pydantic (2.12) puts the name of the one that it
    tried into the location. Only the type tells that from a key: a feature may be called `str`.
    """
    key: list[str] = []
    for part in map(str, location):
        members = _members(kind)
        if len(members) > 1:
            kind = _named(members, part)
        else:
            key.append(part)
            kind = _inner(members[0], part)
    return tuple(key), kind


def _members(kind: Any) -> list[Any]:
    """List the types that a value may have; None is none of them, as for pydantic."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) not in (Union, UnionType):
        return [kind]
    members = [member for member in get_args(kind) if member is not NoneType]
    return members if len(members) > 1 else _members(members[0])


def _named(members: Sequence[Any], name: str) -> Any:
    """Find the member of a union that pydantic names so: `FeatureConfig`, `dict[str,int]`.

    With a validator of its own, the former is called `function-after[_check(), FeatureConfig]`.
    """
    for member in members:
        (bare, *_) = _members(member)
        own = getattr(get_origin(bare) or bare, "__name__", "")
        if own and (own == name.partition("[")[0] or name.endswith(f", {own}]")):
            return bare
    return Any


def _inner(kind: Any, part: str) -> Any:
    """Find the type of what stands under a key or an index."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(part)
        return field.annotation if field else Any
    args = [arg for arg in get_args(kind) if arg is not Ellipsis]
    return args[-1] if args else Any
