"""Templates of HTML: every text in them is escaped, and filters write values for people."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from maas.report.numbers import format_count, format_number, format_rows
from maas.report.text import cut, quote, without_controls


def make_environment(package: str) -> Environment:
    """The environment of the templates in a package's folder templates/."""
    found = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {
        "name": cut, "quote": quote, "number": format_number, "count": format_count,
        "rows": format_rows, "sentence": _sentence,
    }  # fmt: skip
    return found


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}."


def _finalize(value: object) -> object:
    """Control characters are not allowed in HTML, escaped or not."""
    return without_controls(value) if type(value) is str else value
