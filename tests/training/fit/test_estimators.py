"""docs/estimators.md is what fitting every estimator on the list gives."""

import re

from maas.training.fit.estimators import ESTIMATORS
from tests.suite_size import choose
from tests.workspace import PROJECT, Workspace

PAGE = (PROJECT / "docs/estimators.md").read_text(encoding="utf-8")
STEP = choose(9, 1, 1)
"""Every ninth estimator is fitted, or every one."""


def test_the_page_lists_every_estimator():
    table = PAGE.partition("| estimator |")[2]
    assert re.findall(r"^\| (\w+) \|", table, re.MULTILINE) == sorted(ESTIMATORS)


def test_the_page_says_what_fitting_gives(workspace: Workspace):
    code = (
        "from benchmarks import estimators as e;"
        f"print(e.measure_estimators(sorted(e.ESTIMATORS)[::{STEP}]), end='')"
    )
    done = workspace.run("-W", "ignore", "-c", code, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert len(rows) >= len(ESTIMATORS) // STEP
    assert [row for row in rows if row not in PAGE.splitlines()] == []
