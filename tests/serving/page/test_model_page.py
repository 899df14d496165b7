"""The page of versions, in this process; tests/browser has it in a browser."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maas.registry.registry import Registry
from maas.registry.version import REFERENCE, Version
from maas.serving.monitoring.live_drift import LiveDrift
from maas.serving.page.model_page import ModelPage
from tests.releases import release
from tests.samples import damage
from tests.workspace import PROJECT

ROUTES = ("/predict", "/predict_proba")
SCHEMAS = [PROJECT / f"tests/data/{name}_schema" for name in ("first", "second", "third")]

pytestmark = pytest.mark.usefixtures("registry")


def make_page(version: Version, **changes: Any) -> ModelPage:
    manifest = version.manifest
    reference = json.loads(version.read(REFERENCE))
    content: dict[str, Any] = {
        "routes": ROUTES,
        "keyed": False,
        "port": 8000,
        "release": None,
        "shadow": None,
        "drift": LiveDrift(
            version.number, manifest.digest, manifest.signature, reference, lambda _: None
        ),
    }
    return ModelPage(version, **content | changes)


class Checked(HTMLParser):
    """A document without scripts or styles in it, and each id of which is there once."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.feed(html.decode())
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag != "style"
        assert tag != "script" or "src" in given
        assert not any(name == "style" or name.startswith("on") for name in given)
        if "id" in given:
            self.ids.append(given["id"] or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def test_it_says_what_the_model_predicts_how_well_and_whether_to_trust_it(first: Version):
    page = Checked(make_page(first).render_whole())
    assert (
        "Predicts “target”, which is “setosa”, “versicolor” or “virginica”, from 2 features."
        in page.text
    )
    assert "It was right for 93 % of 30 rows held out of training" in page.text
    assert "Better than always giving the same answer; one note, see below." in page.text
    assert "No rows in the last 24 hours; from 200 on, they are compared." in page.text
    assert first.manifest.digest in page.text
    assert "Nothing has been released here yet." in page.text
    assert {"try", "quality", "inputs", "what", "history", "predict-form", "f0"} <= set(page.ids)


def test_with_keys_the_document_shows_nothing_of_the_model(first: Version):
    page = make_page(first, keyed=True)
    whole = page.render_whole().decode()
    manifest = first.manifest
    hidden = (manifest.model_name, manifest.digest, "target", "setosa", "feature1", "0.93")
    assert not [text for text in hidden if text in whole]
    assert "key-form" in Checked(whole.encode()).ids
    content = page.render_content().decode()
    assert manifest.digest in content
    assert "-H &#34;X-API-Key: $API_KEY&#34;" in content


@pytest.mark.parametrize("models", SCHEMAS, ids=lambda path: path.name)
def test_a_version_without_a_report_has_a_page_that_says_so(models: Path):
    page = Checked(make_page(Registry(models).open(1)).render_whole())
    assert "trained before reports were made" in page.text
    assert "Train it again to get them." in page.text
    assert "predict-form" in page.ids


def test_a_release_is_told_with_its_reason_escaped(first: Version, tmp_path: Path):
    models = tmp_path / "models"
    shutil.copytree(first.path, models / "v1")
    version = Registry(models).open(1)
    entry = release(models, version, reason="<script>alert(1)</script> & more")
    whole = make_page(version, release=entry).render_whole()
    page = Checked(whole)
    assert b"<script>alert" not in whole
    assert "by release r1: <script>alert(1)</script> & more" in page.text
    assert "version 1 became live" in page.text


def test_live_rows_are_compared_on_the_page(first: Version):
    page = make_page(first)
    assert 'data-verdict="too few rows"' in page.render_inputs().decode()
    drift: Any = page._drift
    rows = np.full((300, 2), 6.9, dtype=np.float32)
    drift.add([None] * 150, rows[:150], ["virginica"] * 150)
    drift.add([None] * 150, rows[150:], ["virginica"] * 150)
    inputs = page.render_inputs().decode()
    assert 'data-verdict="drift"' in inputs
    assert re.search(r"Drift: 2 of 2 features are not distributed as in training", inputs)
    assert "300\u00a0rows counted in 24 hours" in inputs


def test_without_a_reference_for_it_the_page_says_that_nothing_is_compared(first: Version):
    assert (
        "The live rows cannot be compared" in make_page(first, drift=None).render_inputs().decode()
    )


@pytest.mark.parametrize(
    ("routes", "form"),
    [
        (("/predict",), "/predict"),
        (("/forecast", "/predict_proba", "/predict"), "/predict_proba"),
        (("/forecast",), "/forecast"),
        ((), None),
    ],
)
def test_the_form_asks_the_route_that_says_most(first: Version, routes: Any, form: str | None):
    whole = make_page(first, routes=routes).render_whole().decode()
    found = re.search(r'data-route="([^"]+)"', whole)
    assert (found[1] if found else None) == form
    if form is None:
        assert "none of them takes one row" in " ".join(whole.split())


def test_choices_are_the_categories_of_a_feature(first: Version):
    page = make_page(first)
    assert page.choices("feature1") is None
    assert page.choices("nothing") is None


def test_a_category_s_choices_are_given():
    page = make_page(Registry(SCHEMAS[1]).open(1))
    names = [f for f in page._signature.features if f.type == "category"]
    assert [page.choices(f.name) for f in names] == [f.categories for f in names]
    assert names


@pytest.mark.parametrize("name", ["report.json", "reference.json"])
def test_a_file_that_is_damaged_while_it_is_served_takes_nothing_else_away(
    first: Version, tmp_path: Path, name: str
):
    models = tmp_path / "models"
    shutil.copytree(first.path, models / "v1")
    version = Registry(models).open(1)
    page = make_page(version)
    damage(models / "v1" / name, b"{}")
    found = Checked(page.render_whole())
    assert f"A file was changed since the service started ({name} " in found.text
    assert str(tmp_path) not in found.text
    assert "predict-form" in found.ids
    assert b'data-verdict="too few rows"' in page.render_inputs()
