"""The releases and the shadow as the page tells them."""

from pathlib import Path

import pytest

from maas.registry.ledger import LEDGER, read_ledger
from maas.serving.api.responses import ShadowResponse
from maas.serving.monitoring.release_metrics import ShadowMetrics
from maas.serving.page.history import MAX_ROWS, describe_history, describe_shadow
from tests.releases import append_release, write_releases

SHADOW = ShadowResponse(release=2, version=2, tag="m:v2", digest=f"sha256:{2:064x}")

pytestmark = pytest.mark.usefixtures("registry")


def test_the_newest_release_comes_first_and_the_live_one_is_marked(tmp_path: Path):
    write_releases(tmp_path, ("promote", 1), ("promote", 2), ("shadow", 3), ("rollback", 1))
    history = describe_history(tmp_path, read_ledger(tmp_path).live, None)
    assert [(row.release, row.what, row.live) for row in history.rows] == [
        (4, "back to version 1", True),
        (3, "version 3 became the shadow", False),
        (2, "version 2 became live", False),
        (1, "version 1 became live", False),
    ]
    assert history.rows[0].at == "2 January 2026, 03:04 UTC"
    assert history.rows[0].reason == "a test"


def test_nobody_s_name_is_shown(tmp_path: Path):
    write_releases(tmp_path, ("promote", 1))
    assert "someone" not in str(describe_history(tmp_path, None, None))


def test_a_shadow_that_ended_says_so(tmp_path: Path):
    write_releases(tmp_path, ("shadow", 2), ("shadow", None))
    assert describe_history(tmp_path, None, None).rows[0].what == "the shadow was ended"


def test_old_releases_are_counted(tmp_path: Path):
    for number in range(1, MAX_ROWS + 4):
        append_release(tmp_path, "promote", number)
    history = describe_history(tmp_path, None, None)
    assert (len(history.rows), history.others) == (MAX_ROWS, 3)
    assert history.rows[-1].release == 4


def test_a_folder_without_releases_has_no_history(tmp_path: Path):
    history = describe_history(tmp_path, None, None)
    assert (history.rows, history.others, history.problem) == ((), 0, "")


def test_a_damaged_ledger_is_said_and_its_path_is_not(tmp_path: Path):
    write_releases(tmp_path, ("promote", 1))
    path = tmp_path / LEDGER
    path.write_bytes(path.read_bytes().replace(b"a test", b"a toast"))
    history = describe_history(tmp_path, None, SHADOW)
    assert history.rows == ()
    assert history.problem.startswith("The ledger of releases is damaged")
    assert history.shadow.startswith("Version 2 is scored beside the live one")


def test_the_shadow_s_agreement_is_that_of_the_metrics():
    assert describe_shadow(None) == "No version is scored beside the live one."
    assert describe_shadow(SHADOW).endswith("it has scored no row yet.")
    metrics = ShadowMetrics()
    metrics.count(3, 4, 0.01)
    metrics.count(6, 8, 0.01)
    assert describe_shadow(SHADOW) == (
        "Version 2 is scored beside the live one, and answers nobody: "
        "of 12 rows since the service started, 75\u00a0% agree."
    )
