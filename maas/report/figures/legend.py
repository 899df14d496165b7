"""What is filled, and what is outlined."""

from markupsafe import Markup

from maas.report.svg import tag, text
from maas.report.text import text_width


def draw_legend(filled: str) -> Markup:
    """What is filled, and live outlined; 22 units high."""
    second = 40 + text_width(filled)
    return Markup("").join(
        (
            tag("rect", class_="fill", x=1, y=2, width=14, height=12),
            text(22, 13, filled, "note"),
            tag("rect", class_="line", x=second, y=2, width=14, height=12),
            text(second + 21, 13, "live", "note"),
        )
    )
