"""Logs: text in dev, JSON in prod, in the file and on stderr; a failure in the file alone."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from time import tzset

import pytest

from maas.errors import DataError, FitError, StorageError
from maas.logs import configure_logs, configure_service_logs, record_failure

NAMES = ("maas", "bentoml", "uvicorn.error", "circus", "uvicorn.access")


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Put the loggers back as they were."""
    raises, logs = logging.raiseExceptions, [logging.getLogger(name) for name in NAMES]
    kept = [(log, log.level, log.propagate, log.handlers[:]) for log in logs]
    for log in logs:
        log.handlers.clear()
    yield
    for log, level, propagate, handlers in kept:
        for handler in log.handlers:
            handler.close()
        log.setLevel(level)
        log.propagate, log.handlers[:] = propagate, handlers
    logging.raiseExceptions = raises


def test_in_dev_a_line_is_text_in_the_file_and_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    log = configure_logs("app", "dev", "INFO", tmp_path / "a/logs")
    log.info("trained %s", "é")
    log.debug("hidden")
    line = (tmp_path / "a/logs/train.log").read_text(encoding="utf-8")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO trained é\n", line)
    assert capsys.readouterr() == ("", line)


def test_in_prod_a_line_is_json_with_the_app_and_its_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    log = configure_logs("app", "prod", "WARNING", tmp_path)
    log.info("hidden")
    log.warning('one "line"\nof two', extra={"rows": 3, "component": "hidden", "trace_msg": "x"})
    line = capsys.readouterr().err
    assert (tmp_path / "train.log").read_text() == line
    assert line.count("\n") == 1
    content = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", content.pop("time"))
    assert content == {
        "level": "WARNING",
        "message": 'one "line"\nof two',
        "app": "app",
        "env": "prod",
        "rows": 3,
    }


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of a machine nine hours ahead."""
    monkeypatch.setenv("TZ", "JST-9")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.mark.usefixtures("tokyo")
def test_in_prod_the_time_is_utc_wherever_the_machine_stands(tmp_path: Path):
    log = configure_logs("app", "prod", "INFO", tmp_path)
    log.handle(logging.makeLogRecord({"created": 0.25, "msecs": 250.0, "levelno": 20}))
    assert '"1970-01-01T00:00:00.250Z"' in (tmp_path / "train.log").read_text()


def test_a_failure_is_in_the_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log = configure_logs("app", "dev", "ERROR", tmp_path)
    record_failure(log, DataError("data.csv", "has 100% gaps", "fill %s"))
    assert capsys.readouterr() == ("", "")
    said = (tmp_path / "train.log").read_text()
    assert said.endswith(" ERROR data.csv: has 100% gaps; fill %s\n")
    assert said.count("\n") == 1


def test_the_cause_of_a_failure_and_a_fault_of_the_code_have_a_traceback(tmp_path: Path):
    log = configure_logs("app", "dev", "ERROR", tmp_path)
    try:
        try:
            raise RuntimeError("inside")
        except RuntimeError as cause:
            raise FitError("the fit", "fails", "mend it") from cause
    except FitError as error:
        record_failure(log, error)
    try:
        raise KeyError
    except KeyError as error:
        record_failure(log, error)
    said = (tmp_path / "train.log").read_text()
    assert "ERROR the fit: fails; mend it\nTraceback" in said
    assert "RuntimeError: inside" in said
    assert "ERROR KeyError\nTraceback" in said


def test_a_second_configuration_takes_the_place_of_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for handler in configure_logs("app", "dev", "INFO", tmp_path).handlers:
        handler.close()
    configure_logs("app", "dev", "INFO", tmp_path).info("once")
    assert capsys.readouterr().err.count("once") == 1
    assert (tmp_path / "train.log").read_text().count("once") == 1


@pytest.mark.parametrize(
    ("taken", "said", "remedy"),
    [
        ("logs", "File exists", "move the file away that has the name of a folder"),
        ("logs/train.log/x", "Is a directory", "move the folder away that has the name of a file"),
    ],
)
def test_a_log_that_cannot_be_written_is_one_error(
    tmp_path: Path, taken: str, said: str, remedy: str
):
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).touch()
    with pytest.raises(StorageError, match=said) as caught:
        configure_logs("app", "dev", "INFO", tmp_path / "logs")
    assert caught.value.where == str(tmp_path / "logs/train.log")
    assert caught.value.remedy == f"{remedy}, or set paths.logs_dir to another folder"


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_service_logs_at_its_level_and_in_prod_as_json_on_stderr(
    env: str, capsys: pytest.CaptureFixture[str]
):
    log = logging.getLogger("bentoml")
    log.addHandler(logging.StreamHandler(sys.stdout))
    log.propagate = False
    configure_service_logs(env, "WARNING")
    log.info("hidden")
    log.warning("said")
    out, err = capsys.readouterr()
    if env == "dev":
        assert (out, err) == ("said\n", "")
    else:
        assert out == ""
        content = json.loads(err)
        del content["time"]
        assert content == {"level": "WARNING", "message": "said", "env": "prod"}


def test_the_loggers_of_the_server_do_not_log_twice():
    reached: list[logging.LogRecord] = []
    handler = logging.Handler()  # not caplog: pytest also hands it to loggers that do not propagate
    handler.emit = reached.append
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        logging.getLogger("uvicorn").warning("reaches the root")
        configure_service_logs("dev", "INFO")
        for name in ("uvicorn.error", "circus", "uvicorn.access"):
            logging.getLogger(name).warning("said")
    finally:
        root.removeHandler(handler)
    assert [record.getMessage() for record in reached] == ["reaches the root"]
