"""The registry's commands: `python -m maas list|show N|sync [--json]`."""

import argparse
import re
import sys

from maas.cli import print_json, run_command, short_path
from maas.config import PROJECT, load_service_config, models_folder
from maas.errors import DamagedError, MaasError, VersionError
from maas.registry.store import mirror
from maas.registry.versions import Registry, Version


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
        case _:
            return _sync(registry, arguments.json)


def _list(registry: Registry, as_json: bool) -> int:
    entries = [_describe(registry, number) for number in registry.numbers()]
    if as_json:
        print_json(entries)
    elif not entries:
        print(f"{registry.models_dir} holds no version yet; `python train.py` makes one")
    for entry in [] if as_json else entries:
        print("  ".join(str(value) for value in entry.values()))
    return 0


def _describe(registry: Registry, number: int) -> dict[str, object]:
    try:
        version = registry.open(number)
        version.check()
    except MaasError as error:
        return {"version": number, "state": f"damaged: {error}"}
    metrics = list(version.manifest.metrics.items())[:1]
    return {
        "version": number,
        "tag": version.tag,
        "digest": version.manifest.digest,
        **{name: round(value, 4) for name, value in metrics},
        "state": "fine",
    }


def _show(registry: Registry, which: str, as_json: bool) -> int:
    version = _find(registry, which)
    version.check()
    manifest = version.manifest
    if as_json:
        print_json(
            manifest.model_dump(mode="json")
            | {"version": version.number, "tag": version.tag, "path": short_path(version.path)}
        )
        return 0
    print(f"{version.tag}  {short_path(version.path)}  {manifest.digest}")
    print(f"data      {manifest.data.source}, {manifest.data.rows} rows")
    print(f"estimator {manifest.config['estimator']}")
    names = ", ".join(feature.name for feature in manifest.signature.features)
    print(f"features  {names} -> {manifest.signature.target}")
    print("metrics   " + "  ".join(f"{k}={v:.4f}" for k, v in manifest.metrics.items()))
    return 0


def _sync(registry: Registry, as_json: bool) -> int:
    found: dict[str, str] = {}
    failed = False
    for number in registry.numbers():
        try:
            version = registry.open(number)
            found[version.tag] = mirror(version).state
        except DamagedError as error:
            found[f"v{number}"], failed = f"damaged: {error}", True
    if as_json:
        print_json(found)
    for tag, state in {} if as_json else found.items():
        print(f"{tag}  {state}")
    return 1 if failed else 0


def _find(registry: Registry, which: str) -> Version:
    if which == "latest":
        return registry.latest()
    digits = which.removeprefix("v")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", digits):
        raise VersionError(which, "is no version", "write 3, v3 or latest")
    return registry.open(int(digits))


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m maas", description="Look after versions.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print one JSON document")
    commands.add_parser("list", parents=[as_json], help="list the versions")
    show = commands.add_parser("show", parents=[as_json], help="show one version")
    show.add_argument("version", help="3, v3 or latest")
    commands.add_parser("sync", parents=[as_json], help="mirror all versions to the store")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(run_command(main))
