"""The command `drift`: how later rows differ from the training rows of a version."""

import argparse
import json
import os
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from pydantic import ValidationError

from maas.commands.server_wait import KEY_VARIABLE, MAX_BYTES, check_url, get
from maas.commands.terminal import print_json, print_line, print_note, print_table
from maas.drift.comparison import Comparison
from maas.drift.counts import BinCounts
from maas.drift.record import MIN_ROWS, DriftReport, FeatureDrift, PredictionDrift
from maas.errors import DamagedError, InputError, ServeError
from maas.registry.files import read_bounded
from maas.registry.manifest import RESTORE
from maas.registry.registry import Registry
from maas.registry.version import REFERENCE, Version
from maas.scoring.score_record import ScoreRecord

DRIFTS = 3
"""The exit code where the verdict is a drift."""

_HEADERS = ("", "psi", "limit", "js", "null", "unseen", "verdict")


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the command; it sets `run` to the function that runs it."""
    drift = commands.add_parser(
        "drift", parents=[json_option], help="say how later rows differ from the training rows"
    )
    rows = drift.add_mutually_exclusive_group(required=True)
    rows.add_argument("--url", help=f"of a running service; {KEY_VARIABLE} holds its key, if any")
    rows.add_argument("--scored", metavar="OUT", help="a folder or file that `score` wrote")
    drift.set_defaults(run=_drift)


def _drift(registry: Registry, arguments: argparse.Namespace) -> int:
    if arguments.url is not None:
        report = ask_server(check_url(arguments.url, "--url"))
    else:
        report = judge_scored(registry, Path(arguments.scored))
    if arguments.json:
        print_json(report.model_dump(mode="json"))
    else:
        _print(report)
    if report.verdict == "too few rows":
        print_note(f"too few rows for a verdict: {report.rows} of {MIN_ROWS}")
    return DRIFTS if report.verdict == "drift" else 0


def ask_server(url: str) -> DriftReport:
    """What a running service says.

    Raises:
        ServeError: it cannot be reached, asks for another key, or does not say.
    """
    try:
        content = get(f"{url}/drift")
    except HTTPError as error:
        raise _refused(url, error.code) from None
    except (OSError, HTTPException) as error:
        what = f"cannot be reached: {getattr(error, 'reason', error)}"
        raise ServeError(url, what, "check the address, and that the service runs") from None
    try:
        if len(content) > MAX_BYTES:
            raise ValueError
        return DriftReport.model_validate_json(content)
    except ValueError:
        what = "answers with something else than drift"
        raise ServeError(f"{url}/drift", what, "name a service of this project") from None


def _refused(url: str, status: int) -> ServeError:
    if status == 401:
        what = f"asks for an API key (or for another than that in {KEY_VARIABLE})"
        return ServeError(url, what, f"set {KEY_VARIABLE} to a key of that server")
    if status == 404:
        what = "has no drift: it is another service, or its version has no reference for it"
        return ServeError(f"{url}/drift", what, "serve a version that was trained here")
    return ServeError(f"{url}/drift", f"answers {status}", "look at the log of that server")


def judge_scored(registry: Registry, out: Path) -> DriftReport:
    """Compare the rows of a scored folder or file with the training rows of their version.

    Raises:
        InputError: nothing was scored there, or by another version than there is here.
        DamagedError: the record of the job, or a file of the version, is not as it was written.
    """
    record, path = _read_record(out)
    version = registry.open(record.version)
    manifest = version.manifest
    if (manifest.model_name, manifest.digest) != (record.model_name, record.digest):
        what = f"was scored by {record.tag} {record.digest}; {version.path} is another version"
        raise InputError(path, what, "set MODELS_DIR to the models folder that it was scored with")
    return _judge(version, record, path)


def _judge(version: Version, record: ScoreRecord, path: Path) -> DriftReport:
    signature, digest = version.manifest.signature, version.manifest.digest
    try:
        reference = json.loads(version.read(REFERENCE))
        bins = BinCounts(signature, reference)
        comparison = Comparison(bins, signature, reference)
    except (ValueError, LookupError, TypeError, AttributeError):
        what = "has no bins that rows can be compared with"
        raise DamagedError(version.path / REFERENCE, what, RESTORE) from None
    remedy = "score the rows again, into another OUT"
    try:
        counts = bins.from_json(record.counts)
    except (ValueError, AttributeError):
        what = f"holds no counts of the bins of {version.tag}"
        raise DamagedError(path, what, remedy) from None
    if counts[0] != record.scored:
        what = f"says {record.scored} rows were scored, and counts {counts[0]}"
        raise DamagedError(path, what, remedy)
    return comparison.compare(counts, version.number, digest, since=None)


def _read_record(out: Path) -> tuple[ScoreRecord, Path]:
    """The record of a finished job, and where it stands."""
    path = out / "_score.json" if out.is_dir() else out.with_name(f"{out.name}.score.json")
    if not os.path.lexists(path):
        what = "nothing was scored there, or the job is not finished"
        raise InputError(out, what, "name the OUT of a `python -m maas score` that has ended")
    try:
        return ScoreRecord.model_validate_json(read_bounded(path)), path
    except ValidationError:
        what = "is not the record of a scoring job"
        raise DamagedError(path, what, "score the rows again, into another OUT") from None


def _print(report: DriftReport) -> None:
    """The features, those first that drift most; then the predictions, then the verdict."""
    lines = [_line(name, found) for name, found in report.worst()]
    print_table(_HEADERS, [*lines, _line("(predictions)", report.prediction)])
    since = f" since {report.since}" if report.since else ""
    fields = [each.verdict for each in report.features.values()] + [report.prediction.verdict]
    above = fields.count("drift")
    rows = f"{report.rows} row{'s' * (report.rows != 1)}{since}"
    print_line(f"v{report.version}  {rows}  {above} of {len(fields)} drift  {report.verdict}")


def _line(name: str, found: FeatureDrift | PredictionDrift) -> tuple[str, ...]:
    limit = "-" if found.limit is None else f"{found.limit:.3f}"
    rates = ("-", "-")
    if isinstance(found, FeatureDrift):
        rates = f"{found.null_rate:.1%}", f"{found.unseen_rate:.1%}"
    return name, f"{found.psi:.3f}", limit, f"{found.js:.3f}", *rates, found.verdict
