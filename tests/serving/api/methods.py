"""A service with methods of every form, and what is asked of them."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from maas.errors import OverflowingRowError
from maas.model.row import row_type
from maas.model.signature import Feature, Signature
from maas.serving.api.batch_type import batch_type
from maas.serving.api.endpoint import Endpoint
from maas.serving.http.problems import Problem


class Item(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    number: int
    note: str = ""


SIGNATURE = Signature(
    features=(Feature(name="a", column="A", type="number"),),
    target="t",
    task="regression",
    example={"a": 0.5},
)
Row = row_type(SIGNATURE)
Rows = batch_type(Row, SIGNATURE, 3000)


class Service:
    """Methods of every form."""

    offset = 100

    async def whole(self, item: Item, /) -> int:
        """Add to a number.

        And more lines.
        """
        return item.number + self.offset

    async def keys(self, first: int, second: Annotated[int, Field(le=9)] = 2) -> list[int]:
        return [first, second]

    async def nothing(self) -> str:
        return "called"

    def blocking(self, item: Item, /) -> list[int]:
        return [item.number, threading.get_ident()]

    def blocking_keys(self, first: int, second: int = 2) -> list[int]:
        return [first, second, threading.get_ident()]

    async def in_loop(self, item: Item, /) -> list[int]:
        return [item.number, threading.get_ident()]

    async def batch(self, rows: Rows, negative: bool = False) -> list[float]:
        return [-row.f0 if negative else row.f0 for row in rows]

    async def anything(self, rows: Any) -> int:
        return len(rows)

    async def overflow(self, item: Item, /) -> float:
        raise OverflowingRowError(item.number)

    async def overflow_in_batch(self, rows: list[Item]) -> float:
        raise OverflowingRowError(len(rows) - 1)

    async def overflow_elsewhere(self, flag: bool, items: Rows) -> float:
        raise OverflowingRowError(len(items) - flag)

    async def overflow_without_rows(self, number: int) -> float:
        raise OverflowingRowError(number)


def endpoint(function: Callable[..., Any]) -> Endpoint:
    return Endpoint(function, Service())


def ask(function: Callable[..., Any], body: bytes | str) -> Any:
    body = body.encode() if isinstance(body, str) else body
    response = asyncio.run(endpoint(function).respond(body))
    assert (response.status, response.content_type) == (200, b"application/json")
    return json.loads(response.body)


def refuse(function: Callable[..., Any], body: bytes | str) -> Problem:
    with pytest.raises(Problem) as raised:
        ask(function, body)
    return raised.value


def fields(problem: Problem) -> list[str]:
    return [error["field"] for error in problem.errors]
