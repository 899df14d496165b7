"""What a person does on the page, and sees there."""

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from maas.model.signature import Signature, Value
from tests.server import Row

if TYPE_CHECKING:
    from playwright.sync_api import (
        Locator,
        Page,
    )


def expect(what: "Locator | Page") -> Any:
    """Playwright's assertions, which wait until they hold."""
    from playwright.sync_api import expect as expect_

    return expect_(what)


def fill_in(page: "Page", signature: Signature, row: Row) -> None:
    """Give the form a row, whichever controls its fields have."""
    for index, feature in enumerate(signature.features):
        give(page, index, row[feature.name])


def give(page: "Page", index: int, value: Value) -> None:
    """Give one field of the form a value."""
    control, missing = page.locator(f"#f{index}"), page.locator(f"#f{index}-null")
    if missing.count():
        missing.set_checked(value is None)
    if value is None:
        return
    if control.evaluate("each => each.tagName") == "SELECT":
        choose(control, value if isinstance(value, str) else json.dumps(value))
    else:
        control.fill(value if isinstance(value, str) else json.dumps(value))


def choose(control: "Locator", text: str) -> None:
    """Choose what a list shows as a text, spaces taken as a browser shows them."""
    shown = [_plain(each) for each in control.locator("option").all_text_contents()]
    control.select_option(index=shown.index(_plain(text)))


def _plain(text: str) -> str:
    """A text without marks of direction, or what the page shows in their place."""
    return " ".join(text.replace("\u202e", "").replace("\ufffd", "").split())


def ask(page: "Page") -> str:
    """Send the form; the answer."""
    page.click("#predict")
    expect(page.locator("#prediction")).to_be_visible()
    return page.inner_text("#prediction")


def shares(page: "Page") -> dict[str, str]:
    """The probabilities that are shown, from the largest."""
    items = page.locator("#probabilities > li")
    return {
        item.locator(".label").inner_text(): item.locator(".share")
        .inner_text()
        .replace("\xa0", " ")
        for item in items.all()
    }


def command(page: "Page") -> list[str]:
    """The words of the curl line, as a shell takes them."""
    return shlex.split(page.locator("#curl").inner_text())


def width(page: "Page") -> int:
    """How wide the document is, in CSS pixels: more than the window's means scrolling sideways."""
    found: int = page.evaluate("document.scrollingElement.scrollWidth")
    return found


def brightness(page: "Page") -> float:
    """That of the background, from 0, black, to 255."""
    colours = [
        page.evaluate(f"getComputedStyle(document.{element}).backgroundColor")
        for element in ("body", "documentElement")
    ]
    seen = next((each for each in colours if each != "rgba(0, 0, 0, 0)"), "rgb(255, 255, 255)")
    parts = [float(part) for part in re.findall(r"[\d.]+", seen)[:3]]
    return sum(parts) / len(parts)
