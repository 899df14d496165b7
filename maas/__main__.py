"""The registry's commands: `python -m maas list|show N|diff A B|verify N|sync [--json]`."""

import argparse
import contextlib
import logging
import re
import sys
from dataclasses import asdict

from maas.commands.terminal import (
    print_json,
    print_table,
    run_command,
    short_path,
    stdout_to_stderr,
)
from maas.config.paths import PROJECT, models_folder
from maas.config.reading import load_service_config
from maas.config.train_config import Numerics
from maas.errors import DamagedError, InputError, VersionError
from maas.progress import Progress
from maas.registry.comparison import compare
from maas.registry.registry import Registry
from maas.registry.store import Mirror, open_store
from maas.registry.summary import Summary, summarise
from maas.registry.version import Version
from maas.training.checks.determinism import pin_process


def main() -> int:
    """Read the arguments and run one command."""
    arguments = _parse(sys.argv[1:])
    config = load_service_config(PROJECT / "configs" / "service_config.yaml")
    registry = Registry(models_folder(config.models_dir, PROJECT))
    match arguments.command:
        case "list":
            return _list(registry, arguments.json)
        case "show":
            return _show(registry, arguments.version, arguments.json)
        case "diff":
            return _diff(registry, arguments)
        case "verify":
            return _verify(registry, arguments)
        case _:
            return _sync(registry, arguments.json)


def _list(registry: Registry, as_json: bool) -> int:
    summaries = summarise(registry)
    if as_json:
        print_json([summary.to_json() for summary in summaries])
    elif not summaries:
        print(f"{registry.models_dir} holds no version yet; `python train.py` makes one")
    else:
        print_table(_HEADS, map(_row, summaries))
    return 0


_HEADS = ("version", "digest", "created", "metric", "data", "state")


def _row(summary: Summary) -> tuple[str, ...]:
    """A line for people; the digest whole where a program may read it."""
    state = summary.state if summary.problem is None else f"{summary.state}: {summary.problem}"
    if summary.value is None:
        return (f"v{summary.version}", "", "", "", "", state)
    digest = str(summary.digest)
    return (
        f"v{summary.version}",
        f"{digest[:19]}…" if sys.stdout.isatty() else digest,
        summary.created_at or "",
        f"{summary.metric}={summary.value:.4f}",
        f"{summary.source} ({summary.rows} rows)",
        state,
    )


def _show(registry: Registry, which: str, as_json: bool) -> int:
    version = _find(registry, which)
    version.check()
    manifest, run = version.manifest, version.read_run()
    if as_json:
        about = {"version": version.number, "tag": version.tag, "path": short_path(version.path)}
        print_json(manifest.model_dump(mode="json") | about | {"run": run})
        return 0
    print(f"{version.tag}  {short_path(version.path)}  {manifest.digest}")
    print(f"created   {run.get('created_at')} on {run.get('platform')}")
    print(f"data      {manifest.data.source}, {manifest.data.rows} rows")
    print(f"estimator {manifest.config['estimator']}")
    names = ", ".join(feature.name for feature in manifest.signature.features)
    print(f"features  {names} -> {manifest.signature.target}")
    print("metrics   " + "  ".join(f"{k}={v:.4f}" for k, v in manifest.metrics.items()))
    print("files     " + "  ".join(f"{k} ({v.size} bytes)" for k, v in manifest.files.items()))
    return 0


def _diff(registry: Registry, arguments: argparse.Namespace) -> int:
    first, second = (_find(registry, which) for which in arguments.versions)
    first.check()
    second.check()
    comparison = compare(first, second)
    if arguments.json:
        print_json(comparison.to_json())
    else:
        print("\n".join(comparison.lines()))
    return 0


def _sync(registry: Registry, as_json: bool) -> int:
    versions = registry.versions()
    mirrors: list[Mirror] = []
    if versions:
        with open_store(versions[-1].manifest.model_name) as store:
            mirrors = store.sync(registry)
    elif registry.numbers():
        registry.latest()  # says what is wrong with it
    if as_json:
        print_json([asdict(mirror) for mirror in mirrors])
    elif not mirrors:
        print(f"{registry.models_dir} holds no version yet; there is nothing to mirror")
    else:
        print_table((), ((mirror.tag, mirror.state, mirror.detail) for mirror in mirrors))
    return 1 if any(mirror.state == "damaged" for mirror in mirrors) else 0


def _verify(registry: Registry, arguments: argparse.Namespace) -> int:
    if arguments.all == (arguments.version is not None):
        raise InputError("verify", "takes a version or --all", "write e.g. `verify latest`")
    numbers = registry.numbers() if arguments.all else [_number(registry, arguments.version)]
    if not numbers:
        registry.latest()  # says that there is none, and how to make one
    pin_process(_numerics(registry, numbers))
    return _verify_pinned(registry, numbers, arguments.json)


def _numerics(registry: Registry, numbers: list[int]) -> Numerics:
    """How these versions were computed; native ones cannot be proved beside portable ones."""
    found: set[Numerics] = set()
    for number in numbers:
        with contextlib.suppress(DamagedError):
            found.add(registry.open(number).manifest.config["numerics"])
    if len(found) > 1:
        remedy = "verify them one by one"
        raise InputError("--all", "portable and native versions stand here together", remedy)
    return found.pop() if found else "portable"


def _verify_pinned(registry: Registry, numbers: list[int], as_json: bool) -> int:
    # numpy is loaded below here, after the process was pinned.
    from maas.training.checks.verify import EXIT_CODES, damaged, verify
    from maas.training.run import PRODUCE_STEPS

    results = []
    log = logging.getLogger("maas")
    with stdout_to_stderr(), Progress((2 + PRODUCE_STEPS) * len(numbers), log) as progress:
        for number in numbers:
            try:
                results.append(verify(registry.open(number), progress.step))
            except DamagedError as error:
                results.append(damaged(number, error))
    if as_json:
        documents = [result.to_json() for result in results]
        print_json(documents if len(documents) != 1 else documents[0])
    for result in [] if as_json else results:
        print(result.sentence)
    codes = {EXIT_CODES[result.verdict] for result in results}
    return 1 if 1 in codes else max(codes)


def _number(registry: Registry, which: str) -> int:
    """The number meant, also of a version whose manifest is damaged."""
    if which == "latest":
        return (registry.numbers() or [registry.latest().number])[-1]
    digits = which.removeprefix("v")
    if not re.fullmatch(r"[1-9][0-9]{0,17}", digits):
        raise VersionError(which, "is no version", "write 3, v3 or latest")
    if int(digits) not in registry.numbers():
        registry.open(int(digits))
    return int(digits)


def _find(registry: Registry, which: str) -> Version:
    return registry.open(_number(registry, which))


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m maas", description="Look after versions.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print one JSON document")
    commands.add_parser("list", parents=[as_json], help="list the versions")
    show = commands.add_parser("show", parents=[as_json], help="show one version")
    show.add_argument("version", help="3, v3 or latest")
    diff = commands.add_parser("diff", parents=[as_json], help="say what differs between two")
    diff.add_argument("versions", nargs=2, metavar="VERSION", help="3, v3 or latest")
    proof = commands.add_parser(
        "verify", parents=[as_json], help="train a version again and compare"
    )
    proof.add_argument("version", nargs="?", help="3, v3 or latest")
    proof.add_argument("--all", action="store_true", help="every version")
    commands.add_parser(
        "sync", parents=[as_json], help="mirror all versions to the store, and mend it"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(run_command(main))
