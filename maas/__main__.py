"""Entry point of the commands: `python -m maas list|show N|diff A B|verify N|sync [--json]`."""

import argparse
import sys

from maas.commands import registry, verify
from maas.commands.terminal import run_command
from maas.config.paths import PROJECT, models_folder
from maas.config.reading import load_service_config
from maas.registry.registry import Registry


def main() -> int:
    """Read the arguments and run one command."""
    arguments = _build_parser().parse_args()
    config = load_service_config(PROJECT / "configs" / "service_config.yaml")
    code: int = arguments.run(Registry(models_folder(config.models_dir, PROJECT)), arguments)
    return code


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m maas", description="Inspect, verify and mirror the versions of a model."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    json_option = argparse.ArgumentParser(add_help=False)
    json_option.add_argument("--json", action="store_true", help="print one JSON document")
    registry.add_commands(commands, json_option)
    verify.add_commands(commands, json_option)
    return parser


if __name__ == "__main__":
    sys.exit(run_command(main))
