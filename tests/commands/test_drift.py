"""The command `drift`: of a running service, and of what was scored."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.commands.server_wait import KEY_VARIABLE, MAX_BYTES
from maas.drift.record import DriftReport
from tests.commands.conftest import Maas
from tests.drift.references import judge_of
from tests.model.graphs import feature
from tests.scoring import hand_made
from tests.scoring.hand_made import make_signature, publish
from tests.workspace import Workspace

RANDOM = np.random.default_rng(1)
JUDGE = judge_of(RANDOM.normal(size=(1000, 3)))
SHIFTED = RANDOM.normal(size=(2000, 3)) + np.array([0, 1, 0])
DRIFT = JUDGE.look(SHIFTED).model_copy(update={"since": "2026-01-02T03:04:05Z"})
OK, FEW = JUDGE.look(RANDOM.normal(size=(2000, 3))), JUDGE.look(SHIFTED[:7])


@contextmanager
def server(body: bytes, status: int = 200, key: str | None = None) -> Iterator[str]:
    """The address of a server that answers every request so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.path == "/drift" and key in (None, self.headers["X-API-Key"])
            self.send_response(status if asked else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


@pytest.mark.parametrize(("report", "code"), [(DRIFT, 3), (OK, 0), (FEW, 0)])
def test_the_exit_code_is_the_verdict(maas: Maas, report: DriftReport, code: int):
    body = report.model_dump_json().encode()
    with server(body) as url:
        assert maas("drift", "--url", url).code == code
        done = maas("drift", "--url", f"{url}/", "--json")
    assert (done.code, done.document) == (code, json.loads(body))
    assert done.err == ("too few rows for a verdict: 7 of 200\n" if report is FEW else "")


def test_the_feature_that_drifts_most_is_first_and_the_verdict_last(maas: Maas):
    with server(DRIFT.model_dump_json().encode()) as url:
        lines = maas("drift", "--url", url).out.splitlines()
    assert [line.split("  ")[0] for line in lines[:4]] == ["f1", "f0", "f2", "(predictions)"] or (
        lines[0].startswith("f1  ")
    )
    assert lines[0].endswith("  drift")
    assert lines[-1] == "v1  2000 rows since 2026-01-02T03:04:05Z  1 of 4 drift  drift"


def test_a_key_is_sent(maas: Maas, monkeypatch: pytest.MonkeyPatch):
    with server(OK.model_dump_json().encode(), key="k") as url:
        done = maas("drift", "--url", url)
        assert done.code == 1
        assert f"set {KEY_VARIABLE} to a key of that server" in done.err
        monkeypatch.setenv(KEY_VARIABLE, "k")
        assert maas("drift", "--url", url).code == 0


def change(report: DriftReport = DRIFT, **keys: Any) -> bytes:
    return json.dumps(report.model_dump(mode="json") | keys).encode()


def change_feature(**keys: Any) -> bytes:
    features = DRIFT.model_dump(mode="json")["features"]
    verdict = keys.get("verdict", DRIFT.verdict)
    return change(features=features | {"f1": features["f1"] | keys}, verdict=verdict)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"<html>", 200, "something else than drift"),
        (b"[]", 200, "something else than drift"),
        (b"[" * 100_000, 200, "something else than drift"),
        (b"\xff\xfe{}", 200, "something else than drift"),
        (change(rows=-1), 200, "something else than drift"),
        (change(rows=1e400), 200, "something else than drift"),
        (change(verdict="fine"), 200, "something else than drift"),
        (change(more=1), 200, "something else than drift"),
        (change(verdict="ok"), 200, "something else than drift"),
        (change(verdict="too few rows"), 200, "something else than drift"),
        (change(rows=7), 200, "something else than drift"),
        (change(OK, verdict="drift"), 200, "something else than drift"),
        (change(FEW, verdict="ok"), 200, "something else than drift"),
        (change(FEW, rows=1_000_000), 200, "something else than drift"),
        (change_feature(verdict="ok"), 200, "something else than drift"),
        (change_feature(psi=0), 200, "something else than drift"),
        (b" " * (MAX_BYTES + 1), 200, "something else than drift"),
        (b"", 404, "has no drift"),
        (b"", 500, "answers 500"),
        (b"", 302, "answers 302"),
    ],
)
def test_what_a_server_should_not_answer_is_one_line(
    maas: Maas, body: bytes, status: int, said: str
):
    with server(body, status) as url:
        done = maas("drift", "--url", url)
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_names_of_a_hostile_server_are_shown_and_not_obeyed(maas: Maas):
    named = {"\x1b[2J\n": json.loads(DRIFT.features["f1"].model_dump_json())}
    with server(change(features=named)) as url:
        done = maas("drift", "--url", url)
    assert "\x1b" not in done.out
    assert len(done.out.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "one of the arguments --url --scored is required"),
        (("--url", "ftp://x"), "--url: 'ftp://x' is not an address"),
        (("--scored", "nowhere"), "nothing was scored there"),
    ],
)
def test_wrong_arguments_are_exit_2(maas: Maas, arguments: tuple[str, ...], said: str, capsys):
    try:
        done = maas("drift", *arguments)
        code, err = done.code, done.err
    except SystemExit as error:
        code, err = error.code, capsys.readouterr().err
    assert code == 2
    assert said in err


def test_a_server_that_is_not_there_is_exit_1(maas: Maas):
    with server(b"") as url:
        pass
    done = maas("drift", "--url", url)
    assert done.code == 1
    assert "cannot be reached" in done.err


SIGNATURE = make_signature([feature("a"), feature("b", nullable=True)], ("no", "yes"))


@pytest.fixture(params=["out", "out.csv"])
def scored(request: Any, maas: Maas, workspace: Workspace, tmp_path: Path, monkeypatch) -> Path:
    """What `score` made of rows all of which are outside of the training range."""
    bins = {"edges": [0.0, 1.0, 2.0], "counts": [100, 200]}
    monkeypatch.setattr(hand_made, "_bins", lambda: bins)
    publish(workspace.models, SIGNATURE, [1.0, 0.0])
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"a": [9.0] * 300, "b": [None, 0.5] * 150}), source)
    out = tmp_path / request.param
    assert maas("score", str(source), str(out), "--workers", "1").code == 0
    return out


def record_of(scored: Path) -> Path:
    return scored / "_score.json" if scored.is_dir() else scored.with_name("out.csv.score.json")


def test_scored_rows_are_judged(maas: Maas, scored: Path):
    done = maas("drift", "--scored", str(scored), "--json")
    assert done.code == 3
    report = DriftReport.model_validate_json(done.out)
    assert (report.rows, report.since, report.verdict) == (300, None, "drift")
    assert report.features["a"].unseen_rate == 1
    assert report.features["b"].null_rate == 0.5
    assert maas("drift", "--scored", str(scored)).out.splitlines()[-1] == (
        "v1  300 rows  2 of 3 drift  drift"
    )


def test_rows_of_another_version_are_refused(maas: Maas, scored: Path, monkeypatch, tmp_path):
    publish(tmp_path / "others", SIGNATURE, [2.0, 0.0])
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "others"))
    done = maas("drift", "--scored", str(scored))
    assert done.code == 2
    assert "is another version; set MODELS_DIR to the models folder" in done.err


EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no counts": lambda record: record["counts"].clear(),
    "other features": lambda record: record["counts"]["features"].pop("a"),
    "negative": lambda record: record["counts"].update(rows=-1),
    "more rows than values": lambda record: record["counts"].update(rows=1_000_000),
    "more values than rows": lambda record: record["counts"]["features"]["a"].update(below=1),
    "more answers than rows": lambda record: record["counts"]["prediction"]["counts"].update(no=9),
    "more rows scored than counted": lambda record: record.update(scored=1_000_000),
    "a list": lambda record: record["counts"].update(features=[]),
    "a key more": lambda record: record.update(more=1),
    "no digest": lambda record: record.pop("digest"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_record_of_something_else_is_one_line(maas: Maas, scored: Path, edit: str):
    record = json.loads(record_of(scored).read_bytes())
    EDITS[edit](record)
    record_of(scored).unlink()  # who is not root may not write in it
    record_of(scored).write_text(json.dumps(record))
    done = maas("drift", "--scored", str(scored))
    assert done.code == 1
    assert "score the rows again, into another OUT" in done.err
    assert done.err.count("\n") == 1
