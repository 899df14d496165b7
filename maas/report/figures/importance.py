"""Which features the model uses."""

from collections.abc import Sequence

from markupsafe import Markup

from maas.report.axes import Scale, x_axis
from maas.report.figure import Figure
from maas.report.metric_names import metric_name
from maas.report.numbers import format_count, format_number
from maas.report.parts import FeatureImportance, ImportanceRecord
from maas.report.svg import WIDTH, boxes, number, picture, tag, text
from maas.report.text import cut, fit, quote

MAX_FEATURES = 20
_ROW, _NAMES = 22, 128
_RIGHT = WIDTH - 12
_NOTHING = 1e-12


def importance_figure(importance: ImportanceRecord) -> Figure:
    """A bar per feature with the standard deviation over the repeats; the others are counted."""
    shown = importance.features[:MAX_FEATURES]
    others = len(importance.features) - len(shown) + importance.others
    scale = _scale(shown)
    base = 6 + _ROW * len(shown)
    drawn = [_row(feature, scale, 6 + _ROW * n) for n, feature in enumerate(shown)]
    drawn.append(tag("path", class_="axis", d=f"M{number(scale(0))} 0V{number(base)}"))
    drawn.append(x_axis(scale, base, fit(f"lost {metric_name(importance.metric)}", _RIGHT)))
    said = ", ".join(f"{quote(f.feature)} {_say_mean(f)}" for f in shown[:5])
    content = f"Most important: {said}." if shown else "No feature was ranked."
    drawing = picture("Importance of the features", content, base + 40, *drawn)
    return Figure("importance", "What the model uses", _caption(importance, others), drawing)


def _say_mean(feature: FeatureImportance) -> str:
    """Without what only rounding makes of nothing."""
    return format_number(feature.mean if abs(feature.mean) > _NOTHING else 0.0, 2)


def _scale(shown: Sequence[FeatureImportance]) -> Scale:
    low = min((f.mean - f.sd for f in shown), default=0)
    high = max((f.mean + f.sd for f in shown), default=0)
    return Scale(min(0.0, low), high if high > 0 else 1.0, _NAMES + 8, _RIGHT)


def _row(feature: FeatureImportance, scale: Scale, y: float) -> Markup:
    name = fit(feature.feature, _NAMES)
    start, end = sorted((scale(0), scale(feature.mean)))
    bar = boxes([(start, y + 3, end - start, _ROW - 8)])
    low, high = (number(scale(feature.mean + sign * feature.sd)) for sign in (-1, 1))
    middle = number(y + _ROW / 2 - 1)
    return Markup("").join(
        (
            text(_NAMES, y + 15, name, "end", cut(feature.feature)),
            tag("path", class_="fill", d=bar) if bar else "",
            tag("path", class_="spread", d=f"M{low} {middle}H{high}") if feature.sd else "",
        )
    )


def _caption(importance: ImportanceRecord, others: int) -> str:
    caption = (
        f"How much {metric_name(importance.metric)} changes for the worse when the values of one "
        f"feature are shuffled among {format_count(importance.rows)} of the held-out rows. "
        "Features that tell the same share their importance."
    )
    if importance.repeats > 1:
        caption += f" The line is the standard deviation of {importance.repeats} repeats."
    if others:
        caption += f" {format_count(others)} less important ones are not shown."
    return caption
