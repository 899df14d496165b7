"""The commands over the registry: `list`, `show`, `diff` and `sync`."""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from maas.commands.terminal import print_json, print_line, print_table, short_path
from maas.commands.version_argument import find_version
from maas.errors import DamagedError
from maas.model.tag import VERSION_FORMS
from maas.registry.comparison import compare
from maas.registry.ledger import Ledger, list_terms, read_ledger
from maas.registry.left_out import describe_left_out
from maas.registry.live_version import check_live_is_there
from maas.registry.manifest import Manifest
from maas.registry.orphans import find_orphans
from maas.registry.registry import Registry
from maas.registry.run_warnings import run_warnings
from maas.registry.staging import remove_abandoned
from maas.registry.store import SyncResult, open_store
from maas.registry.summary import Summary, summarise
from maas.registry.version import Version
from maas.report.warnings import describe_warnings, metric_lines

_HEADERS = ("version", "digest", "created", "metric", "data", "state", "release")


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the four commands; each sets `run` to the function that runs it."""
    listing = commands.add_parser("list", parents=[json_option], help="list the versions")
    listing.set_defaults(run=_list)
    show = commands.add_parser("show", parents=[json_option], help="show one version")
    show.add_argument("version", help=VERSION_FORMS)
    show.set_defaults(run=_show)
    diff = commands.add_parser(
        "diff", parents=[json_option], help="show what differs between two versions"
    )
    diff.add_argument("versions", nargs=2, metavar="VERSION", help=VERSION_FORMS)
    diff.set_defaults(run=_diff)
    sync = commands.add_parser(
        "sync", parents=[json_option], help="mirror all versions to the BentoML store, repair it"
    )
    sync.set_defaults(run=_sync)


def _list(registry: Registry, arguments: argparse.Namespace) -> int:
    ledger, damage = _read_ledger(registry)
    summaries = summarise(registry, ledger)
    if arguments.json:
        print_json([summary.to_json() for summary in summaries])
    elif not summaries:
        print(f"{registry.models_dir} holds no version yet; run `python train.py` to make one")
    else:
        print_table(_HEADERS, map(_row, summaries))
    if damage is not None:
        raise damage  # which version is live is not known, but the versions are
    if ledger is not None:
        check_live_is_there(registry, ledger)
    return 0


def _read_ledger(registry: Registry) -> tuple[Ledger | None, DamagedError | None]:
    try:
        return read_ledger(registry.models_dir), None
    except DamagedError as error:
        return None, error


def _row(summary: Summary) -> tuple[str, ...]:
    """Build the cells of a version; the digest is shortened on a terminal only."""
    state = summary.state if summary.problem is None else f"{summary.state}: {summary.problem}"
    roles = {"live": summary.live, "shadow": summary.shadow}
    role = ", ".join(name for name, has_role in roles.items() if has_role)
    if summary.value is None:
        return (f"v{summary.version}", "", "", "", "", state, role)
    digest = str(summary.digest)
    return (
        f"v{summary.version}",
        f"{digest[:19]}…" if sys.stdout.isatty() else digest,
        summary.created_at or "",
        f"{summary.metric}={summary.value:.4f}",
        f"{summary.source} ({summary.rows} rows)",
        state,
        role,
    )


def _show(registry: Registry, arguments: argparse.Namespace) -> int:
    version = find_version(registry, arguments.version)
    version.check()
    run = version.read_run()
    terms = list_terms(read_ledger(registry.models_dir), version.number)
    if arguments.json:
        about = {"version": version.number, "tag": version.tag, "path": short_path(version.path)}
        live = {"live_terms": [asdict(term) for term in terms]}
        print_json(version.manifest.model_dump(mode="json") | about | {"run": run} | live)
    else:
        _print_version(version, version.manifest, run)
        for term in terms:
            print_line(f"live      {term.text}")
    return 0


def _print_version(version: Version, manifest: Manifest, run: dict[str, Any]) -> None:
    print_line(f"{version.tag}  {short_path(version.path)}  {manifest.digest}")
    print_line(f"created   {run.get('created_at')} on {run.get('platform')}")
    data = manifest.data
    parts = (data.source, f"{data.rows} rows", describe_left_out(data.left_out, data.merged))
    print_line(f"data      {', '.join(filter(None, parts))}")
    print_line(f"estimator {manifest.config.get('estimator')}")
    names = ", ".join(feature.name for feature in manifest.signature.features)
    print_line(f"features  {names} -> {manifest.signature.target}")
    report = version.read_report()
    values = "  ".join(f"{name}={value:.4f}" for name, value in manifest.metrics.items())
    for line in (values,) if report is None else metric_lines(report):
        print_line(f"metrics   {line}")
    for warning in run_warnings(manifest):
        print_line(f"warning   {warning.message}")
    if report is not None:
        for remark in describe_warnings(report):
            print_line(f"{'note' if remark.is_note else 'warning':<10}{remark.text}")
    print_line("files     " + "  ".join(f"{k} ({v.size} bytes)" for k, v in manifest.files.items()))


def _diff(registry: Registry, arguments: argparse.Namespace) -> int:
    first, second = (find_version(registry, argument) for argument in arguments.versions)
    first.check()
    second.check()
    comparison = compare(first, second)
    if arguments.json:
        print_json(comparison.to_json())
    else:
        for line in comparison.lines():
            print_line(line)
    return 0


def _sync(registry: Registry, arguments: argparse.Namespace) -> int:
    results = _sync_store(registry)
    if arguments.json:
        print_json([asdict(result) for result in results])
    elif not results:
        print(f"{registry.models_dir} holds no version yet; there is nothing to mirror")
    else:
        print_table((), ((result.tag, result.state, result.detail) for result in results))
    return 1 if any(result.state == "damaged" for result in results) else 0


def _sync_store(registry: Registry) -> list[SyncResult]:
    registry.report_strays()
    versions = registry.versions()
    if versions:
        with open_store(versions[-1].manifest.model_name) as store:
            remove_abandoned(registry.models_dir)
            return store.sync(registry) + find_orphans(store, registry)
    if registry.numbers():
        registry.latest()  # raises: every manifest is damaged
    return []
