"""One HTML file that says what a version is and how good it is; it needs no other file."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from maas.model.signature import Feature
from maas.report.about import About, describe_moment, describe_parameters
from maas.report.classes import classes_table
from maas.report.drawing import figures_css, report_figures
from maas.report.figure import Figure
from maas.report.figures.feature import answers_figure, feature_figure
from maas.report.numbers import format_count, format_number
from maas.report.record import Report
from maas.report.templating import make_environment
from maas.report.text import cut, without_controls
from maas.report.verdict import verdict

MAX_BYTES = 245_000
"""Of the file, whatever the names are: features that do not fit are counted."""

# With more features than these, each has a line with a small picture.
MAX_LARGE = 12
# Of a line, its end and the element around it.
_LINE_BYTES = 8


@dataclass(frozen=True)
class _Features:
    """The figures of the features.

    Attributes:
        large: with axes.
        lines: the name, what is known of the values, and a small picture; if there are no large.
        others: how many are not shown.
    """

    large: Sequence[Figure]
    lines: Sequence[Markup]
    others: int


def render_document(about: About) -> str:
    """Write the report of a version as one HTML file of less than `MAX_BYTES`."""
    report, target = about.report, about.signature.target
    content = {
        "about": about,
        "report": report,
        "created": describe_moment(about.created_at),
        "parameters": describe_parameters(about.parameters),
        "verdict": verdict(about.signature, about.metrics, report),
        "figures": report_figures(report, target) if report else (),
        "classes": classes_table(report) if report else "",
        "answers": answers_figure(about.signature, about.reference),
        "css": figures_css() + _css(),
    }
    template = make_environment("maas.report").get_template("report.html")
    without = template.render(content, features=_Features((), (), len(about.signature.features)))
    return template.render(content, features=_features(about, MAX_BYTES - _size(without)))


@cache
def _css() -> str:
    return files("maas.report").joinpath("static/report.css").read_text(encoding="utf-8")


def _features(about: About, room: int) -> _Features:
    """What has place in so many bytes."""
    features, records = _by_importance(about), about.reference["features"]
    if len(features) <= MAX_LARGE:
        large = [feature_figure(feature, records[feature.name]) for feature in features]
        if sum(_size(figure.__html__()) + 1 for figure in large) <= room:
            return _Features(large, (), 0)
    lines = []
    for feature in features:
        line = _line(feature, feature_figure(feature, records[feature.name], small=True))
        room -= _size(line) + _LINE_BYTES
        if room < 0:
            break
        lines.append(line)
    return _Features((), lines, len(features) - len(lines))


def _size(text: str) -> int:
    return len(text.encode())


def _by_importance(about: About) -> list[Feature]:
    """The most important ones first; those that are not ranked in the order of the signature."""
    ranked = _ranking(about.report)
    features = about.signature.features
    return sorted(features, key=lambda feature: ranked.get(feature.name, len(ranked)))


def _ranking(report: Report | None) -> dict[str, int]:
    if report is None or report.importance is None:
        return {}
    return {record.feature: rank for rank, record in enumerate(report.importance.features)}


def _line(feature: Feature, figure: Figure) -> Markup:
    return Markup(
        '<li><div><bdi class="name">{}</bdi> <span class="note">{}</span></div>{}</li>'
    ).format(without_controls(cut(feature.name)), _values(feature), figure.drawing)


def _values(feature: Feature) -> str:
    """What values a feature has."""
    said: str = feature.type
    if feature.type == "category":
        count = len(feature.categories or ())
        said = f"{format_count(count)} categor{'y' if count == 1 else 'ies'}"
    elif feature.minimum is not None and feature.maximum is not None:
        said += f", {format_number(feature.minimum)} to {format_number(feature.maximum)}"
    return f"{said}, may be missing" if feature.nullable else said
