"""The colours of both schemes can be told apart by every eye."""

import re

import pytest

from maas.report.drawing import figures_css

COLOUR = re.compile(r"--([a-z0-9-]+): (#[0-9a-f]{6});")


def schemes() -> dict[str, dict[str, str]]:
    light, dark = figures_css().split("@media screen")[:2]
    return {"light": dict(COLOUR.findall(light)), "dark": dict(COLOUR.findall(dark))}


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_a_contrast_of_4_5_and_marks_of_3(scheme: str):
    colours = schemes()[scheme]
    pairs = [(text, on) for text in ("ink", "muted") for on in ("paper", "raised")]
    pairs += [("ink", "accent-soft"), ("ink", "warn-soft"), ("warn", "warn-soft")]
    pairs += [("accent", "paper")]
    pairs += [("on-pale", f"shade-{n}") for n in (1, 2, 3)]
    pairs += [("on-deep", f"shade-{n}") for n in (4, 5)]
    for text, on in pairs:
        assert contrast(colours[text], colours[on]) >= 4.5, (text, on)
    for mark in ("accent", "second", "muted"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark


def test_both_schemes_have_the_same_colours():
    found = schemes()
    assert found["light"].keys() == found["dark"].keys()
    named = set(re.findall(r"var\(--([a-z0-9-]+)\)", figures_css()))
    assert named <= found["light"].keys()
