"""The pages say what the code does: settings, statuses, metrics, and links that lead somewhere."""

import re
from pathlib import Path

import pytest
import yaml

from maas.config.service_config import ServiceConfig
from maas.serving.api import openapi
from tests.workspace import PROJECT

PAGES = [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]
OPERATIONS = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    return OPERATIONS.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """The first cell of every row of a table, without its head."""
    cells = [line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| ")]
    return [cell for cell in cells if cell and cell not in ("Key", "Name")]


def test_every_setting_is_on_the_page_with_its_default():
    rows = [line.split("|") for line in section("Settings").splitlines() if line.startswith("| `")]
    written = {row[1].strip(" `"): row[2].strip(" `") for row in rows}
    defaults = {name: field.default for name, field in ServiceConfig.model_fields.items()}
    assert set(written) == set(defaults)
    for name, default in defaults.items():
        value = "" if default is None else yaml.safe_dump(default).splitlines()[0]
        assert yaml.safe_load(written[name]) == yaml.safe_load(value), name


def test_the_shipped_service_config_names_every_setting_with_a_default():
    text = (PROJECT / "configs/service_config.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    for name, field in ServiceConfig.model_fields.items():
        if field.default is not None:
            assert content[name] == field.default, name


def test_every_status_is_on_the_page():
    written = set(first_cells(section("Statuses")))
    assert written == {"200", "204", "404", *openapi._STATUSES}


METRIC = re.compile(r'"(maas_\w+|bentoml_service_\w+)"')


def test_every_metric_is_on_the_page():
    found = set()
    for file in (PROJECT / "maas/serving/monitoring").glob("*.py"):
        found |= set(METRIC.findall(file.read_text(encoding="utf-8")))
    found -= {"maas_answers", "maas_answer_seconds"}  # raw, and merged before they are shown
    written = {name.removesuffix("_total") for name in first_cells(section("Metrics"))}
    assert written == {name.removesuffix("_total") for name in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(\s*([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_files_that_contributing_names_exist():
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:maas|tests|docs|configs|requirements|benchmarks)/[\w./]*)`", text)
    assert len(named) > 30
    for name in named:
        assert (PROJECT / name).exists(), name
