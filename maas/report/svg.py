"""Elements of SVG and HTML as markup: everything that is not markup already is escaped.

Libraries that draw SVG write styles into the elements, which the page's Content-Security-Policy
forbids, or weigh more than the rest of the service. What is needed of one is this module.
"""

from collections.abc import Iterable

from markupsafe import Markup, escape

from maas.report.text import without_controls

Child = str | None
Attribute = str | float | None

WIDTH = 328
"""Of a picture: that of a phone less its margins, so that 12 units of text are 12 px there."""

_NAMES = {"class_": "class", "view_box": "viewBox"}


def tag(name: str, *children: Child, **attributes: Attribute) -> Markup:
    """An element; None among its children and attributes is left out.

    Args:
        name: of the element.
        children: text, which is escaped, and markup, which is not.
        attributes: by name, `_` for `-`; numbers are rounded to a tenth.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(_NAMES.get(key, key.replace("_", "-")), _value(value))
        for key, value in attributes.items()
        if value is not None
    )
    content = Markup("").join(_safe(child) for child in children if child is not None)
    if not content and name in ("path", "line", "rect", "circle", "col"):
        return Markup("<{}{}/>").format(name, written)
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, content)


def picture(
    title: str, content: str, height: float, *children: Child, width: float = WIDTH, kind: str = ""
) -> Markup:
    """An SVG that says in words what it shows.

    Args:
        title: what the picture is of.
        content: what it shows, in a sentence; "": the title says it.
        height: in units, as is the width.
        children: what is drawn.
        width: in units.
        kind: one more CSS class.
    """
    return tag(
        "svg",
        tag("title", title),
        tag("desc", content) if content else None,
        *children,
        class_=f"chart {kind}".strip(),
        role="img",
        view_box=f"0 0 {number(width)} {number(height)}",
    )


def text(x: float, y: float, content: str, kind: str | None = None, whole: str = "") -> Markup:
    """A line of text, or what fits of it, with the whole of it in its title."""
    title = tag("title", whole) if whole and whole != content else None
    return tag("text", title, content, x=x, y=y, class_=kind)


def boxes(found: Iterable[tuple[float, float, float, float]]) -> str:
    """The path of rectangles (x, y, width, height), without those that have no area."""
    return "".join(
        f"M{number(x)} {number(y)}h{number(width)}v{number(height)}h{number(-width)}z"
        for x, y, width, height in found
        if width > 0 and height > 0
    )


def number(value: float) -> str:
    """A coordinate, to a tenth of a unit."""
    written = f"{value:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def _value(value: str | float) -> Markup:
    return _safe(value if isinstance(value, str) else number(value))


def _safe(value: str) -> Markup:
    return value if isinstance(value, Markup) else escape(without_controls(value))
