"""A body with very many errors: the first are named and the others counted.

pydantic writes out all of an error's fields or none, and a million take it seconds. So a part of
the body that holds the first of them is checked again.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any, get_args

from pydantic import ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema, from_json, to_json

from maas.serving.http.problems import FIRST_NAMED, MAX_ALL_NAMED, MAX_ERRORS_READ, OTHERS

# All others are the author's own of a method.
_KNOWN_TYPES = frozenset(get_args(core_schema.ErrorType))

# Keys of an object that are checked again.
_FIRST_KEYS = 1000


def shorten_batch_error(
    error: ValidationError, rows: list[Any], validate_rows: ValidatorFunctionWrapHandler
) -> ValidationError:
    """Shorten the error of a batch that has more errors than are all named.

    Args:
        error: what `validate_rows` raised of all rows.
        rows: the batch, not longer than it may be.
        validate_rows: checks a list of rows.
    """
    if error.error_count() <= MAX_ALL_NAMED:
        return error
    first: list[InitErrorDetails] = []
    for place, row in enumerate(rows):
        problems = _first_problems(lambda part: validate_rows([part]), row)
        first += [_written(problem, (place, *problem["loc"][1:])) for problem in problems]
        if len(first) >= FIRST_NAMED:
            break
    return _shortened(error, first)


def shorten_body_error(
    error: ValidationError, body: bytes, validate: Callable[[bytes], Any]
) -> ValidationError:
    """Shorten the error of a body whose object has more keys than pydantic should write out.

    Args:
        error: what `validate` raised of the body.
        body: JSON.
        validate: checks JSON.
    """
    if error.error_count() <= MAX_ERRORS_READ:
        return error
    value = from_json(body)
    problems = _first_problems(
        lambda part: validate(to_json(part, inf_nan_mode="constants")), value
    )
    return _shortened(error, [_written(problem, problem["loc"]) for problem in problems])


def _first_problems(validate: Callable[[Any], Any], value: Any) -> list[Any]:
    """The first errors of a value; of an object with very many keys, of the first keys."""
    large = isinstance(value, dict) and len(value) > _FIRST_KEYS
    part = dict(islice(value.items(), _FIRST_KEYS)) if large else value
    try:
        validate(part)
    except ValidationError as error:
        if error.error_count() > MAX_ERRORS_READ:
            return []
        problems = error.errors(include_url=False, include_input=False)
        return [p for p in problems if not (large and _is_cut_off(p, value))][:FIRST_NAMED]
    return []


def _is_cut_off(problem: Any, value: dict[str, Any]) -> bool:
    """Whether a key is missing in the first keys of an object alone."""
    return problem["type"] == "missing" and problem["loc"][-1] in value


def _written(problem: Any, place: tuple[int | str, ...]) -> InitErrorDetails:
    """An error that was written out, to be raised again for another place."""
    known = problem["type"] in _KNOWN_TYPES
    return InitErrorDetails(
        type=problem["type"] if known else PydanticCustomError(problem["type"], problem["msg"]),
        loc=place,
        input=None,
        ctx=problem.get("ctx", {}) if known else {},
    )


def _shortened(error: ValidationError, first: list[InitErrorDetails]) -> ValidationError:
    named = first[:FIRST_NAMED]
    count = error.error_count() - len(named)
    others = PydanticCustomError(OTHERS, "{count} further fields", {"count": count})
    return ValidationError.from_exception_data(
        error.title,
        [*named, InitErrorDetails(type=others, input=None)],
        input_type="json",
        hide_input=True,
    )
