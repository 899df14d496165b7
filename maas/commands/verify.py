"""The command `verify`: trains versions again and compares."""

import argparse
import contextlib
import logging
from typing import TYPE_CHECKING

from maas.commands.terminal import print_json, print_line, stdout_to_stderr
from maas.commands.version_argument import find_number
from maas.config.train_config import Numerics
from maas.errors import DamagedError, InputError, VersionError
from maas.model.tag import VERSION_FORMS
from maas.progress import Progress
from maas.registry.registry import Registry
from maas.training.checks.determinism import pin_process

if TYPE_CHECKING:
    from maas.training.checks.verify import Verification


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the command; it sets `run` to the function that runs it."""
    verify = commands.add_parser(
        "verify", parents=[json_option], help="train a version again and compare"
    )
    verify.add_argument("version", nargs="?", help=VERSION_FORMS)
    verify.add_argument("--all", action="store_true", help="every version")
    verify.add_argument(
        "--trust",
        action="store_true",
        help="load a stored pickle that differs from the retrained one: it can run any code",
    )
    verify.set_defaults(run=_verify)


def _verify(registry: Registry, arguments: argparse.Namespace) -> int:
    if arguments.all == (arguments.version is not None):
        what = "needs either a version or --all"
        raise InputError("verify", what, "write, for example, `verify latest`")
    numbers = registry.numbers() if arguments.all else [find_number(registry, arguments.version)]
    if not numbers:
        registry.latest()  # raises: there is no version
    pin_process(_numerics(registry, numbers))
    return _verify_pinned(registry, numbers, arguments)


def _numerics(registry: Registry, numbers: list[int]) -> Numerics:
    """Find the numerics of the versions; one process can compute with one of them only."""
    found: set[Numerics] = set()
    for number in numbers:
        with contextlib.suppress(DamagedError, VersionError):
            found.add(registry.open(number).manifest.config.get("numerics", "portable"))
    if len(found) > 1:
        what = "cannot verify portable and native versions in one process"
        raise InputError("verify --all", what, "verify the versions one by one")
    return found.pop() if found else "portable"


def _verify_pinned(registry: Registry, numbers: list[int], arguments: argparse.Namespace) -> int:
    # These imports load numpy, which must happen after the process was pinned.
    from maas.training.checks.verify import EXIT_CODES, damaged_result, verify
    from maas.training.run import BUILD_STEPS

    results = []
    log = logging.getLogger("maas")
    with stdout_to_stderr(), Progress((2 + BUILD_STEPS) * len(numbers), log) as progress:
        for number in numbers:
            try:
                results.append(verify(registry.open(number), progress.step, arguments.trust))
            except DamagedError as error:
                results.append(damaged_result(number, error))
            except VersionError:
                if not arguments.all:
                    raise
    if arguments.all:  # what was removed meanwhile is not damaged
        there = registry.numbers()
        results = [result for result in results if result.version in there]
    _print_results(results, arguments.json)
    codes = {EXIT_CODES[result.verdict] for result in results}
    return 1 if 1 in codes else max(codes, default=0)


def _print_results(results: "list[Verification]", as_json: bool) -> None:
    if as_json:
        documents = [result.to_json() for result in results]
        print_json(documents if len(documents) != 1 else documents[0])
        return
    for result in results:
        print_line(result.sentence)
