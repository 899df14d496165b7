"""Log lines: text for people in dev, JSON for machines in prod."""

import logging
import sys
from pathlib import Path
from time import gmtime

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from maas.config.service_config import Env, LogLevel
from maas.errors import MaasError, StorageError, remedy_for

# Attributes that BentoML adds to its records.
_BENTOML_ATTRS = ("levelname_bracketed", "component", "trace_msg", "request_id", "service_name")
_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def configure_logs(app: str, env: Env, level: LogLevel, logs_dir: Path) -> logging.Logger:
    """Send the logger `maas` to stderr and to `<logs_dir>/train.log`.

    Raises:
        StorageError: the log file cannot be written.
    """
    path = logs_dir / "train.log"
    try:
        logs_dir.mkdir(parents=True, exist_ok=True)
        file = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        remedy = f"{remedy_for(error)}, or set paths.logs_dir to another folder"
        raise StorageError(path, f"cannot be written ({error.strerror})", remedy) from None
    logging.raiseExceptions = False  # a full disk must not add to the one line on stderr
    logger = logging.getLogger("maas")
    logger.setLevel(level)
    logger.propagate = False
    logger.handlers[:] = [file, logging.StreamHandler(sys.stderr)]
    for handler in logger.handlers:
        handler.setFormatter(_formatter(app, env))
    return logger


def configure_service_logs(env: Env, level: LogLevel) -> None:
    """Give the log lines of BentoML the configured level, and in prod the form of JSON."""
    logger = logging.getLogger("bentoml")
    logger.setLevel(level)
    # The first two have BentoML's handler, and so has the root logger: without this they would log
    # twice. The third has no handler, so that uvicorn does not even prepare a line per request.
    for name in ("uvicorn.error", "circus", "uvicorn.access"):
        logging.getLogger(name).propagate = False
    for handler in logger.handlers if env == "prod" else ():
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)
        handler.setFormatter(_json_lines(env=env))


def record_failure(logger: logging.Logger, error: Exception) -> None:
    """Write an error to the log file only: the command prints it to stderr itself.

    With a traceback where it is a fault of the code, or where a library raised what caused it.
    """
    expected = isinstance(error, (MaasError, OSError))
    fault = error.__cause__ if expected else error
    trace = (type(fault), fault, fault.__traceback__) if fault else None
    text = str(error) or type(error).__name__
    record = logger.makeRecord(logger.name, logging.ERROR, "", 0, text, (), trace)
    logger.handlers[0].handle(record)


def printable(text: str) -> str:
    """Write control characters as escapes: texts of files that others can write are hostile."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _formatter(app: str, env: Env) -> logging.Formatter:
    if env == "dev":
        return logging.Formatter(_FORMAT)
    return _json_lines(app=app, env=env)


def _json_lines(**fields: str) -> logging.Formatter:
    """Build a formatter: `time` (RFC 3339, UTC), `level`, `message` and the given fields."""
    names = {"asctime": "time", "levelname": "level"}
    hidden = [*RESERVED_ATTRS, *_BENTOML_ATTRS]
    formatter = JsonFormatter(
        _FORMAT, rename_fields=names, static_fields=fields, reserved_attrs=hidden
    )
    formatter.converter = gmtime
    formatter.default_time_format, formatter.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    return formatter
