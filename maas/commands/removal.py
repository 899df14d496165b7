"""The command `remove`: removes versions from the models folder and from the store."""

import argparse
from dataclasses import asdict

from maas.commands.terminal import print_json, print_line, print_table
from maas.commands.version_argument import find_number
from maas.errors import InputError
from maas.model.tag import VERSION_FORMS, parse_number
from maas.registry.registry import Registry
from maas.registry.removal import RemovalResult, prune_versions, remove_versions


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the command; it sets `run` to the function that runs it."""
    remove = commands.add_parser(
        "remove", parents=[json_option], help="remove versions: folder and store together"
    )
    remove.add_argument("versions", nargs="*", metavar="VERSION", help=VERSION_FORMS)
    remove.add_argument(
        "--keep", metavar="K", help="remove all but the newest K, the live and the shadow version"
    )
    remove.add_argument(
        "--force",
        action="store_true",
        help="also the reference, what a Bento uses, and what only the store has",
    )
    remove.set_defaults(run=_remove)


def _remove(registry: Registry, arguments: argparse.Namespace) -> int:
    if bool(arguments.versions) == (arguments.keep is not None):
        what = "needs either versions or --keep K"
        raise InputError("remove", what, "write, for example, `remove 3 4` or `remove --keep 5`")
    if arguments.keep is not None:
        results = prune_versions(registry, _parse_keep(arguments.keep), arguments.force)
    else:
        numbers = [_number(registry, argument) for argument in arguments.versions]
        results = remove_versions(registry, numbers, arguments.force)
    _print_results(registry, results, arguments.json)
    return 1 if any(result.state == "failed" for result in results) else 0


def _parse_keep(text: str) -> int:
    number = parse_number(text)
    if number is None:
        raise InputError("remove --keep", f"{text!r} is not a number", "write 1 or more")
    return number


def _number(registry: Registry, argument: str) -> int:
    """The number that an argument names; the store may have one that the folder has not."""
    number = parse_number(argument.removeprefix("v"))
    return find_number(registry, argument) if number is None else number


def _print_results(registry: Registry, results: list[RemovalResult], as_json: bool) -> None:
    if as_json:
        print_json([asdict(result) for result in results])
        return
    print_table((), ((f"v{r.version}", r.state, r.detail) for r in results))
    if all(result.state == "kept" for result in results):
        print_line(f"{registry.models_dir}: there is nothing to remove")
