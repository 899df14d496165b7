"""Content that is made once for all who ask within a second."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from maas.serving.page import kept
from maas.serving.page.kept import Kept


class Maker:
    """Makes another content each time, when it may."""

    def __init__(self) -> None:
        self.times = 0
        self.may = threading.Event()
        self.may.set()
        self.error: Exception | None = None

    def __call__(self) -> bytes:
        self.may.wait(10)
        self.times += 1
        if self.error is not None:
            raise self.error
        return b"%d" % self.times


def run(talk: Callable[[Maker, Kept], object]) -> object:
    maker = Maker()
    return asyncio.run(talk(maker, Kept(maker)))


def test_many_who_ask_at_once_get_what_is_made_once():
    async def talk(maker: Maker, content: Kept) -> None:
        maker.may.clear()
        asked = [asyncio.ensure_future(content.get()) for _ in range(100)]
        await asyncio.sleep(0.01)
        maker.may.set()
        assert set(await asyncio.gather(*asked)) == {b"1"}
        assert await content.get() == b"1"
        assert maker.times == 1

    run(talk)


def test_it_is_made_again_when_it_is_old(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "KEPT_S", 0)

    async def talk(_: Maker, content: Kept) -> None:
        assert [await content.get(), await content.get()] == [b"1", b"2"]

    run(talk)


def test_one_who_leaves_takes_nothing_from_the_others():
    async def talk(maker: Maker, content: Kept) -> None:
        maker.may.clear()
        first, second = (asyncio.ensure_future(content.get()) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        maker.may.set()
        assert await second == b"1"

    run(talk)


def test_what_cannot_be_made_is_tried_again():
    async def talk(maker: Maker, content: Kept) -> None:
        maker.error = ValueError("no")
        with pytest.raises(ValueError, match="no"):
            await content.get()
        maker.error = None
        assert await content.get() == b"2"

    run(talk)
