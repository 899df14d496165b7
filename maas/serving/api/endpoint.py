"""A method of the service as an endpoint: the bytes of a body in, a response out."""

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from anyio.to_thread import run_sync
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from maas.errors import OverflowingRowError
from maas.serving.api.arrow.request import ArrowBody, ArrowRows, read_query
from maas.serving.api.json_chunks import ChunkedList, split_list
from maas.serving.api.many_errors import shorten_body_error
from maas.serving.api.responses import PredictBatchResponse
from maas.serving.http.problems import Problem, problem_from_validation
from maas.serving.http.response import ARROW, JSON, Response

if TYPE_CHECKING:
    from maas.serving.api.arrow.answer import ArrowWriter

PREDICT_METHODS = ("POST",)
"""The methods of HTTP that a predict route takes."""

_STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

# Bytes of a body above which it is parsed, and its response written, in a thread.
_MAX_BYTES_IN_LOOP = 32_768

# Bytes and rows of a stream above which it is: its columns are views of the body, and a thread
# costs as much as a thousand rows. A few bytes may declare many rows.
_MAX_STREAM_BYTES_IN_LOOP = 262_144
_MAX_ROWS_IN_LOOP = 1024


@dataclass(frozen=True, slots=True)
class Form:
    """How a batch comes and how it is to be answered.

    Attributes:
        is_arrow: whether the body is an Arrow stream.
        wants_arrow: whether the answer is to be one, if the method's answers can be.
        query: of the request. It says what a stream cannot; JSON may say it in either place.
    """

    is_arrow: bool
    wants_arrow: bool
    query: bytes


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
        stream_name: the parameter that an Arrow stream is; None: no body may be one.
        takes_arrow: whether a body may be one.
        gives_arrow: whether an answer may be one.
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
        streams = [p.name for p in parameters if _is_batch(hints[p.name]) and not self.takes_row]
        self.stream_name = streams[0] if streams else None
        self.takes_arrow = bool(streams)
        self._query = _query_model(parameters, hints, self.stream_name)
        self.description = inspect.getdoc(function) or ""
        self.summary = self.description.partition("\n")[0]
        self.body: TypeAdapter[Any] = TypeAdapter(
            hints[parameters[0].name]
            if self.takes_row
            else _keyword_model(function, parameters, hints)
        )
        self.response_type: TypeAdapter[Any] = TypeAdapter(hints["return"])
        self._returned = hints["return"]
        self.gives_arrow = self.takes_arrow and _is_batch_response(self._returned)
        # Not through the adapters' own methods, which pass a dozen options on each time.
        self._parse = self.body.validator.validate_json
        self._serialise = self.response_type.serializer.to_json

    async def respond(self, body: bytes, form: Form | None = None) -> Response:
        """Answer one request.

        Args:
            body: of the request.
            form: how it comes and is to be answered; None: JSON in and out.

        Raises:
            Problem: the body is not valid JSON, or no Arrow stream where it should be one, or does
                not fit the method's parameters.
        """
        in_thread = len(body) > _MAX_BYTES_IN_LOOP
        parse = self._parse_large if in_thread else self._parse
        kind = JSON
        write: Callable[[Any], bytes] = self._serialise
        if form is not None:
            if form.is_arrow:
                large = len(body) > _MAX_STREAM_BYTES_IN_LOOP
                in_thread = large or _count_rows(body) > _MAX_ROWS_IN_LOOP
                parse = partial(self._parse_stream, form.query)
            elif form.query:
                parse = partial(self._parse_with_query, parse, form.query)
            if form.wants_arrow and self.gives_arrow:
                kind, write = ARROW, self._write_arrow
        try:
            value = await run_sync(parse, body) if in_thread else parse(body)
        except ValidationError as error:
            shorter = shorten_body_error(error, body, self.body.validator.validate_json)
            raise problem_from_validation(shorter) from None
        try:
            answer = await (self._call(value) if self.takes_row else self._call(**dict(value)))
        except OverflowingRowError as error:
            raise self._no_finite_answer(error) from None
        content = await run_sync(write, answer) if in_thread else write(answer)
        return Response(200, kind, content)

    def _parse_stream(self, query: bytes, body: bytes) -> Any:
        name = self.stream_name or ""
        values = read_query(query, name) | {name: ArrowBody(body)}
        return self.body.validator.validate_python(values)

    def _parse_with_query(self, parse: Callable[[bytes], Any], query: bytes, body: bytes) -> Any:
        """JSON, and of the query what the body leaves out; what no method takes is ignored."""
        names = self._query.model_fields
        given = self._query.model_validate(read_query(query, self.stream_name or "", names))
        value = parse(body)
        missing = given.model_fields_set - value.model_fields_set
        return value.model_copy(update={name: getattr(given, name) for name in missing})

    @cached_property
    def _write_arrow(self) -> "ArrowWriter":
        from maas.serving.api.arrow.answer import arrow_writer

        return arrow_writer(self._returned)

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


def _count_rows(stream: bytes) -> int:
    from maas.serving.api.arrow.messages import split_messages  # few services get any

    return split_messages(stream).rows


async def _call_in_thread(method: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return await run_sync(partial(method, *args, **named))


def _is_list(kind: Any) -> bool:
    bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return bare is list or get_origin(bare) is list


def _is_batch(kind: Any) -> bool:
    return get_origin(kind) is Annotated and any(isinstance(m, ArrowRows) for m in get_args(kind))


def _is_batch_response(kind: Any) -> bool:
    return inspect.isclass(kind) and issubclass(kind, PredictBatchResponse)


def _keyword_model(
    function: Callable[..., Any], parameters: list[inspect.Parameter], hints: dict[str, Any]
) -> Any:
    """The type of a body whose keys are the method's named parameters: PredictBatchRequest."""
    fields: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default) for p in parameters
    }
    name = "".join(word.capitalize() for word in function.__name__.split("_"))
    return create_model(f"{name}Request", __config__=_STRICT, **fields)


def _query_model(
    parameters: list[inspect.Parameter], hints: dict[str, Any], rows: str | None
) -> type[BaseModel]:
    """The type of what a query may say: each parameter that is not the rows, or none of them."""
    fields: dict[str, Any] = {p.name: (hints[p.name], None) for p in parameters if p.name != rows}
    return create_model("Query", __config__=_STRICT, **(fields if rows else {}))
