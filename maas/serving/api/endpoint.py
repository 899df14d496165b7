"""A method of the service as an endpoint: the bytes of a body in, a response out."""

import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from anyio.to_thread import run_sync
from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model

from maas.errors import OverflowingRowError
from maas.serving.api.json_chunks import ChunkedList, split_list
from maas.serving.api.many_errors import shorten_body_error
from maas.serving.http.problems import Problem, problem_from_validation
from maas.serving.http.response import JSON, Response

PREDICT_METHODS = ("POST",)
"""The methods of HTTP that a predict route takes."""

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

# Bytes of a body above which it is parsed, and its response written, in a thread.
_MAX_BYTES_IN_LOOP = 32_768


class Endpoint:
    """Parses by the method's own parameters, calls it, serialises by its return type.

    A positional-only parameter is the whole body; named ones are its keys. So a client sees
    what the method's signature says.

    Args:
        function: the undecorated method.
        instance: the service instance it belongs to.

    Attributes:
        summary: the first line of the method's docstring.
        description: all of it.
        takes_row: whether the whole body is one value, such as a row.
        body: the type of a body.
        response_type: the type of a response's body.
    """

    def __init__(self, function: Callable[..., Any], instance: object) -> None:
        hints = get_type_hints(function, include_extras=True)
        method = function.__get__(instance)
        # A method that blocks runs in a thread.
        is_async = inspect.iscoroutinefunction(function)
        self._call = method if is_async else partial(_call_in_thread, method)
        parameters = list(inspect.signature(method).parameters.values())
        self.takes_row = [p.kind for p in parameters] == [inspect.Parameter.POSITIONAL_ONLY]
        self._rows_name = next((p.name for p in parameters if _is_list(hints[p.name])), None)
        self.description = inspect.getdoc(function) or ""
        self.summary = self.description.partition("\n")[0]
        self.body: TypeAdapter[Any] = TypeAdapter(
            hints[parameters[0].name]
            if self.takes_row
            else _keyword_model(function, parameters, hints)
        )
        self.response_type: TypeAdapter[Any] = TypeAdapter(hints["return"])
        # Not through the adapters' own methods, which pass a dozen options on each time.
        self._parse = self.body.validator.validate_json
        self._serialise = self.response_type.serializer.to_json

    async def respond(self, body: bytes) -> Response:
        """Answer one request.

        Raises:
            Problem: the body is not valid JSON, or does not fit the method's parameters.
        """
        in_thread = len(body) > _MAX_BYTES_IN_LOOP
        try:
            value = await run_sync(self._parse_large, body) if in_thread else self._parse(body)
        except ValidationError as error:
            shorter = shorten_body_error(error, body, self.body.validator.validate_json)
            raise problem_from_validation(shorter) from None
        try:
            answer = await (self._call(value) if self.takes_row else self._call(**dict(value)))
        except OverflowingRowError as error:
            raise self._no_finite_answer(error) from None
        content = await run_sync(self._serialise, answer) if in_thread else self._serialise(answer)
        return Response(200, JSON, content)

    def _parse_large(self, body: bytes) -> Any:
        split = None if self.takes_row else split_list(body)
        if split is not None:
            with suppress(ValidationError):  # parsing the whole body reports it better
                value = self.body.validator.validate_python(split)
                if not any(isinstance(part, ChunkedList) for _, part in value):
                    return value
        return self._parse(body)

    def _no_finite_answer(self, error: OverflowingRowError) -> Problem:
        named = not self.takes_row and self._rows_name is not None
        field = f"{self._rows_name}.{error.row}" if named else "body"
        message = {"field": field, "message": f"The row {error.what}"}
        what = "the model has no finite answer"
        return Problem(422, what, [message], reasons=["overflow"])


async def _call_in_thread(method: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return await run_sync(partial(method, *args, **named))


def _is_list(kind: Any) -> bool:
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return bare is list or get_origin(bare) is list


def _keyword_model(
    function: Callable[..., Any], parameters: list[inspect.Parameter], hints: dict[str, Any]
) -> Any:
    """The type of a body whose keys are the method's named parameters: PredictBatchRequest."""
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default) for p in parameters
    }
    name = "".join(word.capitalize() for word in function.__name__.split("_"))
    return create_model(f"{name}Request", __config__=_STRICT, **fields)
