"""A method of the service as an endpoint: the bytes of a body in, the bytes of an answer out."""

import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, get_type_hints

from anyio.to_thread import run_sync
from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model

from maas.errors import OverflowingRowError
from maas.serving.api.json_chunks import Parts, take_apart
from maas.serving.http.problems import Problem, invalid_body

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

_LARGE = 32_768
"""Bytes of a body that is parsed in a thread, and its answer written there."""


class Endpoint:
    """Parses by the method's own parameters, calls it, serialises by its return type.

    A positional-only parameter is the whole body; named ones are its keys. So what
    the method says is what a client sees.

    Args:
        function: the undecorated method.
        instance: the service instance it belongs to.

    Attributes:
        summary: the first line of the method's docstring.
        body: the type of a body.
        answer_type: the type of an answer.
    """

    def __init__(self, function: Callable[..., Any], instance: object) -> None:
        hints = get_type_hints(function, include_extras=True)
        method = function.__get__(instance)
        # A method that blocks runs in a thread.
        is_async = inspect.iscoroutinefunction(function)
        self._call = method if is_async else partial(_call_in_thread, method)
        parameters = list(inspect.signature(method).parameters.values())
        self._is_whole = [p.kind for p in parameters] == [inspect.Parameter.POSITIONAL_ONLY]
        self.summary = (inspect.getdoc(function) or "").partition("\n")[0]
        self.body: TypeAdapter[Any] = TypeAdapter(
            hints[parameters[0].name] if self._is_whole else _keyed(function, parameters, hints)
        )
        self.answer_type: TypeAdapter[Any] = TypeAdapter(hints["return"])
        # Not through the adapters' own methods, which pass a dozen options on each time.
        self._parse = self.body.validator.validate_json
        self._serialise = self.answer_type.serializer.to_json

    async def answer(self, body: bytes) -> bytes:
        """Answer one request.

        Raises:
            Problem: the body is no JSON or does not fit.
        """
        large = len(body) > _LARGE
        try:
            value = await run_sync(self._parse_large, body) if large else self._parse(body)
        except ValidationError as error:
            raise invalid_body(error) from None
        try:
            answer = await (self._call(value) if self._is_whole else self._call(**dict(value)))
        except OverflowingRowError as error:
            field = "body" if self._is_whole else f"rows.{error.row}"
            message = {"field": field, "message": f"The row {error.what}"}
            what = "the model has no finite answer"
            raise Problem(422, what, [message], reasons=["overflow"]) from None
        return await run_sync(self._serialise, answer) if large else self._serialise(answer)

    def _parse_large(self, body: bytes) -> Any:
        apart = None if self._is_whole else take_apart(body)
        if apart is not None:
            with suppress(ValidationError):  # said better of the whole body
                value = self.body.validator.validate_python(apart)
                if not any(isinstance(part, Parts) for _, part in value):  # no batch was asked
                    return value
        return self._parse(body)


async def _call_in_thread(method: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return await run_sync(partial(method, *args, **named))


def _keyed(
    function: Callable[..., Any], parameters: list[inspect.Parameter], hints: dict[str, Any]
) -> Any:
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default) for p in parameters
    }
    return create_model(function.__name__, __config__=_STRICT, **fields)
