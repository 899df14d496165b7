"""The values of one feature, or the answers: in training and, beside it, live."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maas.model.signature import Feature, Signature, label_text
from maas.report.distribution import Distribution, read_distribution
from maas.report.figure import Figure
from maas.report.figures.categories import draw_categories, say_categories
from maas.report.figures.histogram import draw_histogram, say_numbers, say_scale
from maas.report.numbers import format_rows
from maas.report.text import IN_SENTENCE, cut

Record = Mapping[str, Any]


def feature_figure(
    feature: Feature, record: Record, live: Record | None = None, *, small: bool = False
) -> Figure:
    """The values of a feature.

    Args:
        feature: of the signature.
        record: its entry in reference.json.
        live: its entry in what `BinCounts.to_json` gives.
        small: for a list of many: less than 1.5 kB, without axes and labels.
    """
    labels = _labels(feature)
    trained = read_distribution("training", record, labels or ())
    now = None if live is None else read_distribution("live", live, labels or ())
    found = f"feature-{_short_hash(feature.name)}"
    return _draw(feature.name, found, _Bins(labels, record.get("edges", ())), trained, now, small)


def answers_figure(
    signature: Signature, reference: Record, live: Record | None = None, *, small: bool = False
) -> Figure:
    """The target of the training rows; or, to compare live answers with, held-out answers.

    Args:
        signature: of the version.
        reference: the content of reference.json. Older versions have no held-out answers: the
            target of the training rows is in their place.
        live: the entry `prediction` of what `BinCounts.to_json` gives.
        small: as for a feature.
    """
    target = reference["target"]
    classes = signature.classes
    labels = None if classes is None else list(map(label_text, classes))
    if live is None:
        trained, now = read_distribution("training", target, labels or ()), None
    else:
        held_out = "prediction" in reference
        name = "held-out answers" if held_out else "training"
        trained = read_distribution(
            name, reference["prediction"] if held_out else target, labels or ()
        )
        now = read_distribution("live", live, labels or ())
    bins = _Bins(labels, target.get("edges", ()))
    return _draw(signature.target, "answers", bins, trained, now, small)


@dataclass(frozen=True)
class _Bins:
    """What is counted: labels, or what lies between edges."""

    labels: Sequence[str] | None
    edges: Sequence[float]


def _labels(feature: Feature) -> Sequence[str] | None:
    if feature.type == "category":
        return feature.categories or ()
    return ("false", "true") if feature.type == "boolean" else None


def _draw(
    name: str, place: str, bins: _Bins, trained: Distribution, now: Distribution | None, small: bool
) -> Figure:
    title = cut(name, IN_SENTENCE) if small else cut(name)
    if bins.labels is None:
        said = _say(say_numbers(bins.edges, trained), say_scale(bins.edges), trained, now)
        drawing = draw_histogram(title, said, bins.edges, trained, now, small)
    else:
        said = _say(say_categories(bins.labels, trained, small), "", trained, now)
        drawing = draw_categories(title, said, bins.labels, trained, now, small)
    caption = "" if small else _caption(trained, now, bins)
    return Figure(place, title, caption, drawing)


def _say(said: str, scale: str, trained: Distribution, now: Distribution | None) -> str:
    """What a picture shows, in words."""
    parts = [said, scale, trained.say_others()]
    if now is not None:
        others = now.say_others()
        parts.append(f"live {format_rows(now.rows)}" + (f", {others}" if others else ""))
    return "; ".join(filter(None, parts))


def _caption(trained: Distribution, now: Distribution | None, bins: _Bins) -> str:
    """What the picture of numbers leaves out; categories have it as bars."""
    sentences = []
    if now is not None:
        rows = f"{format_rows(trained.rows)} of {trained.name}, {format_rows(now.rows)} live."
        sentences.append(rows)
    if bins.labels is None:
        shown = [(each, each.say_others()) for each in (trained, now) if each is not None]
        for each, others in shown:
            if others and now is None:
                sentences.append(f"Of {format_rows(each.rows)}, {others}.")
            elif others:
                sentences.append(f"{each.name.capitalize()}: {others}.")
        scale = say_scale(bins.edges)
        sentences += [f"{scale[0].upper()}{scale[1:]}."] if scale else []
    return " ".join(sentences)


def _short_hash(name: str) -> str:
    """Names may hold anything, and may be equal but for what an id cannot hold."""
    return hashlib.sha256(name.encode(errors="backslashreplace")).hexdigest()[:12]
