"""The command `score`: predictions for the rows of files."""

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maas.commands.terminal import print_json, print_line, print_note, stdout_to_stderr
from maas.commands.version_argument import find_version
from maas.errors import InputError, ScoringError
from maas.model.tag import VERSION_FORMS
from maas.registry.registry import Registry

if TYPE_CHECKING:
    from maas.scoring.dask_engine import DaskEngine
    from maas.scoring.local_engine import LocalEngine
    from maas.scoring.score_record import ScoreRecord


_MAX_WORKERS = 1024


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the command; it sets `run` to the function that runs it."""
    score = commands.add_parser(
        "score", parents=[json_option], help="predict the rows of CSV or Parquet files"
    )
    score.add_argument("source", metavar="IN", help="a file, a folder, or a quoted pattern")
    score.add_argument("target", metavar="OUT", help="a .parquet or .csv file, or a folder")
    score.add_argument("--version", default="live", help=f"{VERSION_FORMS}; live by default")
    score.add_argument("--engine", choices=("local", "dask"), default="local")
    score.add_argument("--workers", type=_count, metavar="N", help="by default the CPUs there are")
    score.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster: tcp://…")
    score.add_argument(
        "--probabilities", action="store_true", help="with the probability of each class"
    )
    score.add_argument(
        "--keep", nargs="+", action="extend", default=[], metavar="COLUMN",
        help="columns of the input to write too",
    )  # fmt: skip
    score.add_argument(
        "--on-invalid", choices=("fail", "quarantine"), default="fail",
        help="fail at the first invalid row (the default), or put such rows aside",
    )  # fmt: skip
    score.set_defaults(run=_score)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MAX_WORKERS}")
    return int(text)


def _score(registry: Registry, arguments: argparse.Namespace) -> int:
    _check_scheduler(arguments)
    version = find_version(registry, arguments.version)
    _log_to_stderr()
    with stdout_to_stderr(), _make_engine(arguments) as engine:
        from maas.scoring.plan import Request  # while the engine starts
        from maas.scoring.run import score

        request = Request(
            source=arguments.source,
            target=Path(arguments.target),
            probabilities=arguments.probabilities,
            keep=tuple(arguments.keep),
            on_invalid=arguments.on_invalid,
        )
        record = score(version, request, engine)
    _print(record, arguments)
    return 0


def _check_scheduler(arguments: argparse.Namespace) -> None:
    if arguments.scheduler is None:
        return
    if arguments.engine != "dask":
        what = "is for the engine dask"
        raise InputError("--scheduler", what, "add --engine dask, or leave it out")
    if arguments.workers is not None:
        what = "is for a cluster of its own, and that of --scheduler has its workers"
        raise InputError("--workers", what, "leave out one of the two")


def _make_engine(arguments: argparse.Namespace) -> "LocalEngine | DaskEngine":
    """The engine that was asked for, not yet entered.

    Raises:
        ScoringError: Dask is not installed.
    """
    from maas.scoring.local_engine import LocalEngine, count_cpus

    workers = arguments.workers or count_cpus()
    if arguments.engine == "local":
        return LocalEngine(workers)
    try:
        from maas.scoring.dask_engine import DaskEngine
    except ModuleNotFoundError as error:
        if error.name not in ("dask", "distributed"):
            raise
        what = f"needs the package {error.name}, which is not installed"
        remedy = "install it: `pip install --require-hashes -r requirements/dask.txt`"
        raise ScoringError("engine dask", what, remedy) from None
    return DaskEngine(arguments.scheduler, workers)


def _log_to_stderr() -> None:
    logger = logging.getLogger("maas")
    logger.setLevel(logging.INFO)
    logger.handlers[:] = [logging.StreamHandler(sys.stderr)]


def _print(record: "ScoreRecord", arguments: argparse.Namespace) -> None:
    if record.refused:
        rows = "1 invalid row was" if record.refused == 1 else f"{record.refused} invalid rows were"
        print_note(f"{rows} put aside, with the reason of each")
    if arguments.json:
        print_json(record.model_dump(mode="json"))
        return
    refused = f", {record.refused} refused" if record.refused else ""
    rows = f"{record.scored} rows scored{refused}"
    print_line(f"{record.tag}  {rows}  {record.seconds:.1f} s  {arguments.target}")
