"""Templates and static files of the page."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from maas.report.drawing import figures_css
from maas.report.templating import make_environment

_FOLDER = Path(__file__).parent


@cache
def _environment() -> Environment:
    return make_environment("maas.serving.page")


def render(template: str, **values: Any) -> bytes:
    """Render a template; every text in it is escaped."""
    page = _environment().get_template(template).render(stamp=stamp(), **values)
    return page.encode(errors="replace")  # halves of characters cannot be sent


@cache
def static_file(name: str) -> bytes:
    """A file of static/. The style sheet has that of the figures in it."""
    content = (_FOLDER / "static" / name).read_bytes()
    return figures_css().encode() + content if name == "style.css" else content


@cache
def stamp() -> str:
    """What the addresses of static files carry: another one when a file changes."""
    content = b"".join(static_file(name) for name in ("style.css", "script.js", "icon.svg"))
    return hashlib.sha256(content).hexdigest()[:12]
