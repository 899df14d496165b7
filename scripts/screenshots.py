"""Takes the pictures of docs/img again: `make screenshots`.

A service of its own, in a folder that is thrown away, serves a version that was trained on real
data, with another as its shadow. It answers rows of the same data, of which one measurement is
shifted, so that there is something to see.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn import datasets

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from tests.browser.actions import ask  # noqa: E402
from tests.browser.chromium import start_chromium  # noqa: E402
from tests.server import Server, start_server, stop, wait_ready  # noqa: E402
from tests.workspace import Workspace  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES = PROJECT / "docs/img"
MAX_BYTES = 200_000
DESKTOP = {"width": 1200, "height": 1000}
MARGIN = 12
PHONE = {"width": 390, "height": 844}
REPORT = {"width": 820, "height": 1400}

# Seven of the 13 measurements, under short names; alcohol is shifted.
COLUMNS = {
    "alcohol": "alcohol", "malic acid": "malic_acid", "ash": "ash", "flavanoids": "flavanoids",
    "colour": "color_intensity", "hue": "hue", "proline": "proline",
}  # fmt: skip
CONFIG = f"""
model_name: wine
data:
  source: wine
  target: target
  features: {{{", ".join(f"{name}: {column}" for name, column in COLUMNS.items())}}}
estimator: {{name: LogisticRegression, params: {{C: 1.0}}}}
"""
SHIFT = 0.6
"""In percent of alcohol: about three quarters of a standard deviation."""
ROWS = 2000


def main() -> int:
    """Take all pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        train(workspace)
        report = workspace.folder / "report.html"
        check(workspace.maas("report", "1", "--output", str(report)))
        with serving(workspace) as server, start_chromium() as browser:
            take(browser, server.url, "page.png", until="#answer", viewport=DESKTOP)
            take(
                browser,
                server.url,
                "page-dark.png",
                only="#inputs",
                viewport=DESKTOP,
                color_scheme="dark",
            )
            take(browser, server.url, "page-phone.png", viewport=PHONE)
            take(browser, report.as_uri(), "report.png", viewport=REPORT)
    return 0


def train(workspace: Workspace) -> None:
    """Train and release a version, and another as its shadow."""
    config = workspace.folder / "wine.yaml"
    config.write_text(CONFIG)
    check(workspace.train("--config", str(config)))
    check(workspace.train("--config", str(config), "--set", "estimator.params.C=0.01"))
    check(workspace.maas("promote", "1", "--reason", "the first for the new sensors"))
    check(workspace.maas("promote", "2", "--shadow", "--reason", "stronger regularisation"))


def check(done: subprocess.CompletedProcess[str]) -> None:
    """Stop where a command failed."""
    if done.returncode:
        sys.exit(done.stderr)


@contextmanager
def serving(workspace: Workspace) -> Iterator[Server]:
    """A service that has answered rows."""
    server = start_server(workspace, workspace.folder / "log")
    wait_ready(server)
    try:
        server.log_after("is scored beside")
        for row in rows():
            server.post("/predict", row).raise_for_status()
        yield server
    finally:
        stop(server)


def rows() -> Iterator[dict[str, object]]:
    """Rows of the data, drawn again and again, with more alcohol than there was."""
    table = datasets.load_wine(as_frame=True).data[list(COLUMNS.values())]
    table = table.set_axis(list(COLUMNS), axis="columns")
    table["alcohol"] += SHIFT
    records = table.to_dict("records")
    draw = random.Random(0)  # noqa: S311
    for _ in range(ROWS):
        yield draw.choice(records)


def take(
    browser: "Browser",
    url: str,
    name: str,
    only: str | None = None,
    until: str | None = None,
    **options: Any,
) -> None:
    """Take one picture.

    Args:
        browser: that shows it.
        url: of the page.
        name: of the picture's file.
        only: what is shown, as a selector; None: the top of the page.
        until: where the top of the page ends, as a selector; None: with the window.
        options: of the window.
    """
    page: Page = browser.new_page(**options)
    page.goto(url)
    if until:
        ask(page)
        page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    page.wait_for_load_state("networkidle")
    file = IMAGES / name
    shown = only or until
    box = page.locator(shown).bounding_box() if shown else None
    if box:
        top = box["y"] - MARGIN if only else 0
        size = {"width": DESKTOP["width"], "height": box["y"] + box["height"] + MARGIN - top}
        page.screenshot(path=file, clip={"x": 0, "y": top, **size}, full_page=True)
    else:
        page.screenshot(path=file)
    page.close()
    size = file.stat().st_size
    print(f"{file.relative_to(PROJECT)}  {size / 1000:.0f} kB")
    if size > MAX_BYTES:
        sys.exit(f"{name} is larger than {MAX_BYTES / 1000:.0f} kB: show less of the page")


if __name__ == "__main__":
    sys.exit(main())
