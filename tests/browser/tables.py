"""Versions of tables that the page must show: of every type, hostile, and wide."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from maas.registry.version import Version
from tests.workspace import Workspace

LONG_NAME = "a name of two hundred characters " * 6 + "ab"
RIGHT_TO_LEFT = "גובה \u202eהאיש"  # with a mark that turns what follows around

HOSTILE_FEATURES = (
    "<script>document.title='taken'</script>",
    """"quoted" & 'quoted'""",
    "</title><img src=x onerror=alert(1)>",
    "__proto__",
    "{{ 7 * 7 }}",
    RIGHT_TO_LEFT,
    LONG_NAME,
)
HOSTILE_CATEGORIES = ("<b>bold</b>", '"', "it's", "&amp;", " spaced  out ", RIGHT_TO_LEFT)
HOSTILE_CLASSES = ("<script>", "</script>", "constructor")


def train_mixed(workspace: Workspace) -> Version:
    """A number, an integer, a boolean and a category, a number and a category with gaps."""
    header = ("amount", "visits", "member", "colour", "weight", "town", "kept")
    rows = [
        (
            f"{10 + index % 37 + 0.25}",
            f"{index % 9}",
            ("True", "False")[index % 2],
            ("red", "green", "blue")[index % 3],
            "" if index % 7 == 0 else f"{50 + index % 11 + 0.5}",
            "" if index % 5 == 0 else ("Bern", "Basel")[index % 2],
            ("yes", "no")[(index % 9 > 4) == (index % 3 == 0)],
        )
        for index in range(240)
    ]
    return _train(workspace, "mixed", header, rows, "DecisionTreeClassifier")


def train_hostile(workspace: Workspace) -> Version:
    """Names and values that are not meant well; the last feature is a category."""
    numbers = HOSTILE_FEATURES[:-1]
    rows = [
        (
            *(f"{(index * (place + 2)) % 17 + 0.5}" for place in range(len(numbers))),
            HOSTILE_CATEGORIES[index % len(HOSTILE_CATEGORIES)],
            HOSTILE_CLASSES[index % len(HOSTILE_CLASSES)],
        )
        for index in range(240)
    ]
    header = (*HOSTILE_FEATURES, "<i>target</i>")
    return _train(workspace, "hostile", header, rows, "DecisionTreeClassifier")


def train_wide(workspace: Workspace) -> Version:
    """300 categories of 200 values each."""
    header = [f"feature {place:03}" for place in range(300)]
    rows = [
        [*(f"category {(row + 37 * place) % 200:03}" for place in range(300)), "ab"[row % 7 < 3]]
        for row in range(2400)
    ]
    return _train(workspace, "wide", [*header, "class"], rows, "DecisionTreeClassifier")


def _train(
    workspace: Workspace,
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    estimator: str,
) -> Version:
    """Write a table and train on it in this process; the last column is the target."""
    workspace.folder.mkdir(exist_ok=True)
    with (workspace.folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    config = {
        "model_name": name,
        "data": {"source": "table.csv", "target": header[-1]},
        "preprocessing": {"encode": "ordinal"},
        "estimator": {"name": estimator, "params": {"max_depth": 6}},
    }
    path: Path = workspace.folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    return workspace.train_here(config=path)
