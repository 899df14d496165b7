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
        problems = first_problems(lambda part: validate_rows([part]), row)
        first += [write_again(problem, (place, *problem["loc"][1:])) for problem in problems]
        if len(first) >= FIRST_NAMED:
            break
    return _shortened(error.title, error.error_count(), first)


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
    problems = first_problems(lambda part: validate(to_json(part, inf_nan_mode="constants")), value)
    first = [write_again(problem, problem["loc"]) for problem in problems]
    return _shortened(error.title, error.error_count(), first)


class BatchErrors:
    """Gathers what is wrong with the rows of a batch that are checked one by one."""

    def __init__(self) -> None:
        self._count, self._title = 0, ""
        self._first: list[InitErrorDetails] = []

    def add(
        self, place: int, error: ValidationError, record: Any, validate: Callable[[Any], Any]
    ) -> None:
        """Add what `validate` raised of the record of a row, which is at some place."""
        self._count += error.error_count()
        self._title = error.title
        if len(self._first) <= MAX_ALL_NAMED:
            problems = first_problems(validate, record, MAX_ALL_NAMED)
            self._first += [write_again(each, (place, *each["loc"])) for each in problems]

    def add_others(self, count: int) -> None:
        """Add errors of rows that were not checked."""
        self._count += count

    def raise_any(self) -> None:
        """Raise what was added: all of a few errors, the first of many.

        Raises:
            ValidationError: anything was.
        """
        if self._count > MAX_ALL_NAMED:
            raise _shortened(self._title, self._count, self._first)
        if self._count:
            raise ValidationError.from_exception_data(
                self._title, self._first, input_type="json", hide_input=True
            )


def first_problems(
    validate: Callable[[Any], Any], value: Any, most: int = FIRST_NAMED
) -> list[Any]:
    """The first errors of a value; of an object with very many keys, of the first keys."""
    large = isinstance(value, dict) and len(value) > _FIRST_KEYS
    part = dict(islice(value.items(), _FIRST_KEYS)) if large else value
    try:
        validate(part)
    except ValidationError as error:
        if error.error_count() > MAX_ERRORS_READ:
            return []
        problems = error.errors(include_url=False, include_input=False)
        return [p for p in problems if not (large and _is_cut_off(p, value))][:most]
    return []


def _is_cut_off(problem: Any, value: dict[str, Any]) -> bool:
    """Whether a key is missing in the first keys of an object alone."""
    return problem["type"] == "missing" and problem["loc"][-1] in value


def write_again(problem: Any, place: tuple[int | str, ...]) -> InitErrorDetails:
    """An error that was written out, to be raised again for another place."""
    known = problem["type"] in _KNOWN_TYPES
    return InitErrorDetails(
        type=problem["type"] if known else PydanticCustomError(problem["type"], problem["msg"]),
        loc=place,
        input=None,
        ctx=problem.get("ctx", {}) if known else {},
    )


def _shortened(title: str, count: int, first: list[InitErrorDetails]) -> ValidationError:
    named = first[:FIRST_NAMED]
    further = {"count": count - len(named)}
    others = PydanticCustomError(OTHERS, "{count} further fields", further)
    return ValidationError.from_exception_data(
        title,
        [*named, InitErrorDetails(type=others, input=None)],
        input_type="json",
        hide_input=True,
    )
