"""Categories, booleans or classes: training filled, live outlined, as shares of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from maas.report.distribution import OTHERS, Distribution
from maas.report.figures.histogram import SMALL_HEIGHT, SMALL_WIDTH
from maas.report.figures.legend import draw_legend
from maas.report.numbers import format_count, format_share
from maas.report.svg import WIDTH, boxes, picture, tag, text
from maas.report.text import cut, fit, quote

MAX_CATEGORIES = 12
_NAMES, _LABELS = 128, 46
_ROW, _ROW_LIVE = 22, 30


@dataclass(frozen=True)
class _Bar:
    """A line of the picture.

    Attributes:
        label: of a category, or what is taken together.
        trained: share of the training rows.
        now: share of the live rows.
    """

    label: str
    trained: float
    now: float | None


def draw_categories(
    name: str,
    said: str,
    labels: Sequence[str],
    trained: Distribution,
    now: Distribution | None,
    small: bool,
) -> Markup:
    """A bar per category: those with the most training rows, then what is left.

    Args:
        name: of the feature.
        said: what it shows, in words.
        labels: the categories.
        trained: the training rows.
        now: the live rows, if they are to be shown.
        small: upright bars without labels.
    """
    bars = _bars(labels, trained, now)
    if small:
        return _draw_small(f"{name}: {said}", bars)
    row, top = (_ROW, 2) if now is None else (_ROW_LIVE, 24)
    highest = max((max(bar.trained, bar.now or 0) for bar in bars), default=0) or 1
    drawn = [_row(bar, highest, top + row * n) for n, bar in enumerate(bars)]
    legend = "" if now is None else draw_legend(trained.name)
    return picture(name, f"{said}.", top + row * len(bars) + 2, legend, *drawn)


def say_categories(labels: Sequence[str], trained: Distribution, short: bool = False) -> str:
    """The most frequent ones, and how many there are."""
    most = sorted(zip(trained.shares, labels, strict=True), key=lambda item: -item[0])
    shown = 2 if short else 3
    written = [f"{format_share(share)} {quote(label[:24])}" for share, label in most[:shown]]
    others = len(labels) - shown
    if others > 0:
        written.append(f"{format_count(others)} more")
    return ", ".join(written) or "no value in training"


def _bars(labels: Sequence[str], trained: Distribution, now: Distribution | None) -> list[_Bar]:
    live = now.shares if now else [None] * len(labels)
    found = [_Bar(*item) for item in zip(labels, trained.shares, live, strict=True)]
    if len(found) > MAX_CATEGORIES:
        kept = sorted(found, key=lambda bar: -bar.trained)
        found, rest = kept[:MAX_CATEGORIES], kept[MAX_CATEGORIES:]
        label = f"{format_count(len(rest))} others"
        of_now = sum(bar.now or 0 for bar in rest) if now else None
        found.append(_Bar(label, sum(bar.trained for bar in rest), of_now))
    for key, what in OTHERS.items():
        bar = _Bar(what, trained.others[key], now.others[key] if now else None)
        if bar.trained or bar.now:
            found.append(bar)
    return found


def _row(bar: _Bar, highest: float, y: float) -> Markup:
    label = fit(bar.label, _NAMES)
    labels = _LABELS if bar.now is None else 2 * _LABELS
    room = WIDTH - _NAMES - 8 - labels
    shares = format_share(bar.trained)
    if bar.now is not None:
        shares += f" / {format_share(bar.now)}"
    marks = [(_NAMES + 8, y + 4, room * bar.trained / highest, 12)]
    live = None
    if bar.now is not None:
        found = [(_NAMES + 8, y + 17, room * bar.now / highest, 7)]
        live = tag("path", class_="line", d=boxes(found)) if bar.now else None
    return Markup("").join(
        (
            text(_NAMES, y + 15, label, "end", cut(bar.label)),
            tag("path", class_="fill", d=boxes(marks)) if bar.trained else "",
            live or "",
            text(WIDTH, y + 15, shares, "end note"),
        )
    )


def _draw_small(title: str, bars: Sequence[_Bar]) -> Markup:
    step = min(16.0, SMALL_WIDTH / max(1, len(bars)))
    highest = max((max(bar.trained, bar.now or 0) for bar in bars), default=0) or 1

    def columns(shares: Sequence[float]) -> str:
        heights = [(SMALL_HEIGHT - 2) * share / highest for share in shares]
        return boxes(
            (step * n + 1, SMALL_HEIGHT - 1 - height, step - 2, height)
            for n, height in enumerate(heights)
        )

    marks = [tag("path", class_="fill", d=columns([bar.trained for bar in bars]))]
    if any(bar.now is not None for bar in bars):
        marks.append(tag("path", class_="line", d=columns([bar.now or 0 for bar in bars])))
    return picture(title, "", SMALL_HEIGHT, *marks, width=SMALL_WIDTH, kind="small")
