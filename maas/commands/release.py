"""The commands over the ledger of releases: `promote`, `rollback` and `history`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maas.commands.server_wait import check_url, is_shadow, is_version, wait_for
from maas.commands.terminal import (
    print_json,
    print_line,
    print_note,
    print_table,
    stdout_to_stderr,
)
from maas.commands.version_argument import find_number
from maas.config.paths import PROJECT, is_in_image
from maas.errors import InputError, VersionError
from maas.model.tag import VERSION_FORMS, parse_number
from maas.registry.comparison import change_lines
from maas.registry.ledger import Release, read_ledger
from maas.registry.live_version import Expected, look_up_live
from maas.registry.promotion import Outcome, end_shadow, promote, promote_shadow
from maas.registry.registry import Registry
from maas.registry.releases import check_reason
from maas.registry.rollback import roll_back

_HEADERS = ("release", "action", "version", "at", "by", "reason")

_MAX_CHANGES = 12


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the three commands; each sets `run` to the function that runs it."""
    promoting = commands.add_parser(
        "promote", parents=[json_option], help="make a version live, or the shadow"
    )
    promoting.add_argument("version", help=f"{VERSION_FORMS}; with --shadow also none")
    promoting.add_argument("--reason", metavar="TEXT", help="why, for the history")
    promoting.add_argument(
        "--shadow", action="store_true", help="let it answer beside the live one, unseen"
    )
    promoting.add_argument(
        "--breaking", action="store_true", help="even if clients of the live version break"
    )
    promoting.add_argument(
        "--force", action="store_true", help="even if it misses its release gates"
    )
    promoting.add_argument(
        "--expect", metavar="M", help="only if M is live; none: only if nothing is released yet"
    )
    promoting.add_argument(
        "--wait", metavar="URL", help="return when the server there answers with it"
    )
    promoting.set_defaults(run=_promote)
    back = commands.add_parser(
        "rollback", parents=[json_option], help="make live what was live before"
    )
    back.add_argument("--reason", metavar="TEXT", help="why, for the history")
    back.set_defaults(run=_roll_back)
    history = commands.add_parser("history", parents=[json_option], help="list the releases")
    history.set_defaults(run=_history)


def _promote(registry: Registry, arguments: argparse.Namespace) -> int:
    _refuse_immutable(registry.models_dir)
    url = None if arguments.wait is None else check_url(arguments.wait)
    reason, expected = check_reason(arguments.reason), _parse_expected(arguments.expect)
    with stdout_to_stderr():  # a pickle may print while it is loaded
        outcome = _promote_one(registry, arguments, reason, expected)
    _print_outcome(outcome, arguments.json, "shadow" if arguments.shadow else "live")
    if url is not None:
        _wait(url, outcome, arguments.shadow)
    return 0


def _promote_one(
    registry: Registry, arguments: argparse.Namespace, reason: str | None, expected: Expected
) -> Outcome:
    if arguments.version == "none":
        if not arguments.shadow:
            what = "can only end a shadow; a version is always live"
            raise InputError("promote none", what, "write `promote none --shadow`, or `rollback`")
        return end_shadow(registry, reason, expected)
    number = find_number(registry, arguments.version)
    if arguments.shadow:
        return promote_shadow(registry, number, reason, expected)
    return promote(registry, number, reason, arguments.breaking, arguments.force, expected)


def _parse_expected(argument: str | None) -> Expected:
    if argument is None or argument == "none":
        return argument  # type: ignore[return-value]
    number = parse_number(argument.removeprefix("v"))
    if number is None:
        raise VersionError(f"--expect {argument}", "is not a version", "write 3, v3 or none")
    return number


def _refuse_immutable(models_dir: Path) -> None:
    """Refuse to promote in an image's own models, where no service follows."""
    if is_image_copy(models_dir.resolve(), PROJECT):
        what = "is the image's own copy of the models, and ends with the container"
        remedy = "promote in the project and build a new image, or mount a models folder there"
        raise InputError(models_dir, what, remedy)


def is_image_copy(models_dir: Path, project: Path) -> bool:
    """Whether the folder is part of the image, and not mounted over it."""
    if not is_in_image(project) or not models_dir.is_relative_to(project):
        return False
    below = [path for path in (models_dir, *models_dir.parents) if path.is_relative_to(project)]
    return not any(path.is_mount() for path in below)


def _roll_back(registry: Registry, arguments: argparse.Namespace) -> int:
    _refuse_immutable(registry.models_dir)
    reason = check_reason(arguments.reason)
    with stdout_to_stderr():
        outcome = roll_back(registry, reason)
    _print_outcome(outcome, arguments.json, "live")
    return 0


def _print_outcome(outcome: Outcome, as_json: bool, role: str) -> None:
    for line in _notes(outcome):
        print_note(line)
    if as_json:
        print_json(_to_json(outcome))
    else:
        print_line(_last_line(outcome, role))
    if sys.stdout is not None:
        sys.stdout.flush()  # the release is made: say so before a server is waited for


def _notes(outcome: Outcome) -> list[str]:
    """What changes, for people: to stderr."""
    before, version = outcome.before, outcome.version
    notes = [
        f"release {entry.release} is passed over: v{entry.version} was removed"
        for entry in outcome.skipped
    ]
    if before and outcome.added and version:
        if before.version is None:
            problem = f"v{before.number}, which was live, cannot be compared: {before.problem}"
            notes.append(problem)
        elif before.release is None:
            notes.append(f"nothing was released before: v{before.number} was live as the newest")
        shadows = outcome.release is not None and outcome.release.action == "shadow"
        if shadows and before.number == version.number:
            notes.append(f"v{version.number} is live too: a shadow of it can only agree")
    changes = [*_change_lines(outcome)]
    if len(changes) > _MAX_CHANGES:
        left = len(changes) - _MAX_CHANGES
        changes[_MAX_CHANGES:] = [f"… and {left} more changes: `diff` shows all"]
    notes += [*changes, *(f"gate       {gate.text}" for gate in outcome.gates.results)]
    return [*notes, *filter(None, [outcome.gates.not_compared])]


def _change_lines(outcome: Outcome) -> Iterator[str]:
    """What users notice, then what it comes from; `diff` shows the signature too."""
    yield from change_lines("metrics", outcome.changes.get("metrics", {}))
    for change in outcome.clients:
        yield f"compatibility  {change.text}"
    for part in ("data", "config"):
        yield from change_lines(part, outcome.changes.get(part, {}))


def _last_line(outcome: Outcome, role: str) -> str:
    entry, version = outcome.release, outcome.version
    label = "none" if version is None else version.label
    if entry is None:
        return f"{label}  {role} already"
    if not outcome.added:
        return f"r{entry.release}  {label}  {role} already"
    if role == "live" and outcome.before:
        return f"r{entry.release}  v{outcome.before.number} -> {label}  live"
    return f"r{entry.release}  {label}  {role}"


def _to_json(outcome: Outcome) -> dict[str, Any]:
    entry, before = outcome.release, outcome.before
    return {
        "added": outcome.added,
        "release": None if entry is None else entry.model_dump(mode="json"),
        "before": None if before is None else before.number,
        "changes": outcome.changes,
        "compatibility": [vars(change) for change in outcome.clients],
        "gates": [vars(gate) for gate in outcome.gates.results],
        "gates_not_compared": outcome.gates.not_compared or None,
        "skipped": [entry.release for entry in outcome.skipped],
    }


def _wait(url: str, outcome: Outcome, shadow: bool) -> None:
    version = outcome.version
    label = "none" if version is None else version.label
    what = f"{label} as its shadow" if shadow else label
    if shadow or version is None:
        seconds = wait_for(url, is_shadow(version), what)
    else:
        seconds = wait_for(url, is_version(version), what)
    print_note(f"{url} answers with {what} after {seconds:.1f} s")


def _history(registry: Registry, arguments: argparse.Namespace) -> int:
    ledger = read_ledger(registry.models_dir)
    if arguments.json:
        print_json([entry.model_dump(mode="json") for entry in ledger.entries])
    elif ledger.entries:
        print_table(_HEADERS, map(_row, ledger.entries))
    elif registry.numbers():
        live = look_up_live(registry, ledger)
        print(f"nothing was released yet: v{live.number} is live, as the newest version")
    else:
        print(f"{registry.models_dir} holds no version yet; run `python train.py` to make one")
    return 0


def _row(entry: Release) -> tuple[str, ...]:
    version = "none" if entry.version is None else f"v{entry.version}"
    action = f"{entry.action} (forced)" if entry.forced else entry.action
    return (f"r{entry.release}", action, version, entry.at, entry.by, entry.reason or "")
