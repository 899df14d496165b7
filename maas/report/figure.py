"""One figure: a picture with its title and caption."""

from dataclasses import dataclass

from markupsafe import Markup

from maas.report.svg import tag


@dataclass(frozen=True)
class Figure:
    """A figure of a page.

    Attributes:
        id: unlike that of any other figure of a version; a valid `id` of HTML.
        title: what it shows, in a few words.
        caption: how to read it; "" where that is plain.
        drawing: an `<svg>`, or a table where it is mostly text.
    """

    id: str
    title: str
    caption: str
    drawing: Markup

    def __html__(self) -> str:
        """The whole `<figure>`, for templates."""
        return tag(
            "figure",
            tag("h3", self.title),
            self.drawing,
            tag("figcaption", self.caption) if self.caption else None,
            class_="figure",
            id=self.id,
        )
