"""The form: every type of feature, gaps, refusals, and the command that does the same."""

import json
import shutil
import subprocess

import pytest

from maas.registry.version import Version
from tests.browser.actions import ask, command, expect, fill_in, give, shares
from tests.browser.axe import violations
from tests.browser.chromium import in_browser
from tests.browser.tables import train_mixed
from tests.browser.watched import Visits
from tests.server import Row, Serve, Server
from tests.workspace import EXAMPLES, Workspace

pytestmark = in_browser

ROWS: list[Row] = [
    {
        "amount": 12.5,
        "visits": 7,
        "member": True,
        "colour": "green",
        "weight": 54.5,
        "town": "Bern",
    },
    {"amount": -3e5, "visits": 0, "member": False, "colour": "red", "weight": None, "town": None},
    {"amount": 0, "visits": -2, "member": True, "colour": "blue", "weight": 1e-3, "town": "Basel"},
]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return train_mixed(Workspace(tmp_path_factory.mktemp("mixed")))


@pytest.fixture(scope="module")
def server(version: Version, serve: Serve) -> Server:
    return serve(Workspace(version.path.parent.parent))


@pytest.mark.parametrize("row", ROWS)
def test_the_answer_is_that_of_the_api(visit: Visits, server: Server, version: Version, row: Row):
    page = visit(server.url)
    fill_in(page, version.manifest.signature, row)
    answer = server.post("/predict_proba", row).json()
    assert ask(page) == answer["prediction"]
    assert shares(page) == {
        label: f"{100 * share:.1f} %"
        for label, share in sorted(answer["probabilities"].items(), key=lambda item: -item[1])
    }
    assert str(answer["model_version"]) in page.inner_text("#answer-version")


def test_the_example_is_filled_in_and_comes_back(visit: Visits, server: Server, version: Version):
    page = visit(server.url)
    example = version.manifest.signature.example
    assert json.loads(command(page)[-1]) == example
    fill_in(page, version.manifest.signature, ROWS[1])
    assert json.loads(command(page)[-1]) == ROWS[1]
    page.click("#example")
    assert json.loads(command(page)[-1]) == example
    assert ask(page) == server.post("/predict", example).json()["prediction"]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_the_command_gives_the_same_answer(visit: Visits, server: Server, version: Version):
    page = visit(server.url)
    fill_in(page, version.manifest.signature, ROWS[1])
    shown = ask(page)
    done = subprocess.run(
        ["sh", "-c", page.inner_text("#curl")], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["prediction"] == shown
    assert json.loads(done.stdout)["input"] == ROWS[1]


def test_a_refused_value_is_told_at_its_field(visit: Visits, server: Server):
    page = visit(server.url)
    visit.allow(422)
    give(page, 0, 1e39)
    page.click("#predict")
    error = page.locator("#f0-error")
    expect(error).to_be_visible()
    assert error.inner_text()
    expect(page.locator("#f0")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f0")).to_be_focused()
    assert "f0-error" in (page.get_attribute("#f0", "aria-describedby") or "")
    for other in range(1, 6):
        expect(page.locator(f"#f{other}-error")).to_be_hidden()
    expect(page.locator("#answer")).to_be_hidden()
    assert violations(page) == []
    give(page, 0, 12.5)
    assert ask(page)
    expect(error).to_be_hidden()
    expect(page.locator("#f0")).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(("index", "text"), [(0, ""), (1, "1.5")])
def test_what_the_browser_can_tell_is_not_sent(
    visit: Visits, server: Server, index: int, text: str
):
    page = visit(server.url)
    page.fill(f"#f{index}", text)
    page.click("#predict")
    assert page.eval_on_selector(f"#f{index}", "each => !each.validity.valid")
    expect(page.locator(f"#f{index}")).to_be_focused()
    assert not any("/predict" in url for url in visit.requests)


def test_a_service_that_does_not_answer_is_told(visit: Visits, server: Server):
    page = visit(server.url)
    visit.allow("net::ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    page.click("#predict")
    expect(page.locator("#form-error")).not_to_be_empty()
    assert page.get_attribute("#form-error", "role") == "alert"
    page.context.set_offline(False)
    assert ask(page)
    expect(page.locator("#form-error")).to_be_empty()


def test_the_form_is_used_with_the_keyboard_alone(visit: Visits, server: Server, version: Version):
    page = visit(server.url)
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "f0":
            break
    page.keyboard.type("12.5")
    page.keyboard.press("Tab")
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.press("t")  # true
    page.keyboard.press("Tab")
    page.keyboard.press("g")  # green
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # weight is missing
    page.keyboard.press("Enter")
    expect(page.locator("#prediction")).to_be_visible()
    row = {**version.manifest.signature.example, **ROWS[0], "weight": None}
    row["town"] = version.manifest.signature.example["town"]
    assert json.loads(command(page)[-1]) == row
    assert page.inner_text("#prediction") == server.post("/predict", row).json()["prediction"]


def test_the_focus_is_always_seen(visit: Visits, server: Server):
    page = visit(server.url)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            return  # the end of the page
        seen = page.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              const box = document.activeElement.getBoundingClientRect();
              return style.outlineStyle !== "none" && box.width > 0 && box.height > 0;
            }"""
        )
        assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_a_regression_answers_a_number(
    visit: Visits, serve: Serve, tmp_path_factory: pytest.TempPathFactory
):
    workspace = Workspace(tmp_path_factory.mktemp("diabetes"))
    version = workspace.train_here(config=EXAMPLES / "diabetes.yaml")
    server = serve(workspace)
    page = visit(server.url)
    row = version.manifest.signature.example
    answer = server.post("/predict", row).json()["prediction"]
    assert float(ask(page).replace("\u2212", "-").replace(",", "")) == pytest.approx(answer, 1e-3)
    assert shares(page) == {}
    assert violations(page) == []
