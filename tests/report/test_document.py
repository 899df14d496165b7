"""The report as one file: small, complete, and safe whatever the names are."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from maas.registry.about_version import about_version
from maas.registry.registry import Registry
from maas.report.about import About
from maas.report.document import render_document
from tests.report.records import HOSTILE, about, classification, feature, importance, regression
from tests.workspace import PROJECT

LIMIT = 250_000
VOID = {"meta", "br", "link"}
KINDS = ("number", "category", "boolean")


class Page(HTMLParser):
    """The elements of a page, which must be closed, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        for name, _ in attrs:
            assert name != "style"
            assert not name.startswith("on")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(document: str) -> Page:
    assert len(document.encode()) < LIMIT
    assert "://" not in document
    assert "<script" not in document
    assert not re.search("url\\(|@import", document)
    page = Page(document)
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("h1") == page.tags.count("main") == 1
    return page


def species(**changes: Any) -> About:
    report = classification(("setosa", "virginica"), **changes)
    features = [feature("petal length", "number"), feature("wet", "boolean")]
    return about(report, features, classes=("setosa", "virginica"))


def test_it_says_what_the_model_is_how_good_and_how_to_check_it():
    page = read(render_document(species(importance=importance(("petal length", "wet")))))
    for part in (
        "model_service v3",
        "Predicts “species”, which is “setosa” or “virginica”, from 2 features.",
        "It was right for 90 % of 20 rows held out of training (95 % interval 85 % to 94 %); "
        "always answering “setosa” is right for 50 %.",
        "26 November 2026, 00:12 UTC",
        "sha256:" + 64 * "a",
        "sha256:" + 64 * "b",
        "LogisticRegression",
        "C=1.0",
        "python -m maas verify 3",
        "To predict: species",
        "petal length",
    ):
        assert part in page.text
    assert "Before you trust it" not in page.text
    assert "before there were reports" not in page.text


def test_warnings_stand_before_the_figures():
    page = read(render_document(replace(species(), warnings=("feature 'a' equals the target",))))
    assert "Feature 'a' equals the target." in page.text
    assert page.text.index("equals the target") < page.text.index("How good it is")


def test_a_regression():
    described = about(regression(), [feature("rooms", "number")], target="price")
    page = read(render_document(described))
    assert "Predicts the number “price” from 1 feature." in page.text
    assert "off by 12,300 on average" in page.text
    assert "It explains 80 % of the variance" in page.text
    assert "Class by class" not in page.text


def test_a_version_without_a_report_says_what_is_missing():
    page = read(render_document(replace(species(), report=None)))
    assert "It was right for 90 % of the held-out rows." in page.text
    assert "trained before there were reports" in page.text
    assert "Train again" in page.text
    assert "petal length" in page.text


@pytest.mark.parametrize("schema", ["first_schema", "second_schema"])
def test_the_committed_older_versions_are_described(schema: str):
    version = Registry(PROJECT / "tests/data" / schema).latest()
    page = read(render_document(about_version(version)))
    assert "trained before there were reports" in page.text
    assert version.manifest.digest in page.text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str):
    features = [feature(f"{name} {kind}", kind, (name, "b")) for kind in KINDS]
    report = classification((name, "b"), importance=importance([f.name for f, _ in features]))
    described = about(report, features, target=name, classes=(name, "b"))
    described = replace(described, parameters={"x": name}, warnings=(name,), left_out=name)
    page = read(render_document(described))
    assert "script" not in page.tags
    assert "49" not in page.text  # no template is run that a name holds


@pytest.mark.parametrize("name", ["\"&<'" * 50, "😀" * 200, "x"])
@pytest.mark.parametrize("report", [True, False])
def test_it_stays_small(name: str, report: bool):
    categories = [f"{n}{name}" for n in range(200)]
    features = [feature(f"{n}{name}", KINDS[n % 2], categories) for n in range(300)]
    labels = tuple(f"{n}{name}" for n in range(1000))
    ranked = importance([described.name for described, _ in features])
    found = classification(labels, importance=ranked) if report else None
    described = about(found, features, target=name, classes=labels)
    page = read(render_document(replace(described, parameters={"x": 1000 * name})))
    assert f"0{name[:9]}" in page.text
    assert ("more features, which are not shown" in page.text) == (name != "x")


def test_twelve_features_with_long_names_stay_small():
    name = "\"&<'" * 50
    features = [
        feature(f"{n}{name}", "category", [f"{k}{name}" for k in range(200)]) for n in range(12)
    ]
    read(render_document(about(regression(), features)))


def test_features_come_by_importance():
    features = [feature(name, "number") for name in ("a first", "b second", "c third")]
    ranked = importance(("c third", "a first"))
    described = about(regression(importance=ranked), features)
    page = read(render_document(described))
    shown = page.text.partition("What it was trained on")[2]
    assert shown.index("c third") < shown.index("a first") < shown.index("b second")


def test_an_unreadable_moment_is_unknown():
    for moment in (None, "", "yesterday", "9999-12-31T23:59:59-23:59"):
        assert "unknown moment" in render_document(replace(species(), created_at=moment))
