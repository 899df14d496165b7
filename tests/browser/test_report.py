"""The report that `python -m maas report N` writes, as a browser shows and prints it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.actions import brightness, width
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.tables import train_hostile, train_mixed
from tests.browser.watched import Visits
from tests.workspace import DEFAULT, EXAMPLES, PROJECT, Workspace

pytestmark = in_browser

MAX_BYTES = 250_000


def old(workspace: Workspace) -> None:
    """A version that was trained before there were reports."""
    shutil.copytree(PROJECT / "tests/data/second_schema", workspace.models)


TRAIN: dict[str, Callable[[Workspace], object]] = {
    "classes": lambda workspace: workspace.train_here(config=DEFAULT),
    "numbers": lambda workspace: workspace.train_here(config=EXAMPLES / "diabetes.yaml"),
    "mixed": train_mixed,
    "hostile": train_hostile,
    "old": old,
}


@pytest.fixture(scope="module", params=TRAIN)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report."""
    workspace = Workspace(tmp_path_factory.mktemp(request.param))
    TRAIN[request.param](workspace)
    file = workspace.folder / "report.html"
    done = workspace.maas("report", "1", "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert file.stat().st_size < MAX_BYTES
    return file.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_asks_for_nothing(visit: Visits, report: str, scheme: str):
    page = visit(report, color_scheme=scheme)
    assert (brightness(page) < 100) == (scheme == "dark")
    assert violations(page) == []
    assert visit.requests == [report]


def test_a_phone_shows_it_without_scrolling_sideways(visit: Visits, report: str):
    page = visit(report, viewport={"width": 360, "height": 740})
    assert width(page) == 360


def test_it_is_printed_on_white_paper_within_its_width(visit: Visits, report: str, tmp_path: Path):
    page = visit(report, color_scheme="dark", viewport={"width": 720, "height": 1000})
    page.emulate_media(media="print")
    assert brightness(page) > 200
    assert width(page) == 720
    assert violations(page) == []
    file = tmp_path / "report.pdf"
    page.pdf(path=file, format="A4")
    assert file.read_bytes().startswith(b"%PDF")
