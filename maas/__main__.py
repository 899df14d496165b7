"""Entry point of the commands: `python -m maas list|show N|diff A B|verify N|sync|remove N`.

And of those of releases: `promote N`, `rollback` and `history`.

In an environment that the project is installed in, `maas list` is the same.
"""

import argparse
import os
import sys

from maas.commands.terminal import run_command
from maas.config.paths import PROJECT, is_in_bento, is_project, models_folder
from maas.config.reading import load_models_dir
from maas.errors import ConfigError, InputError
from maas.registry.registry import Registry


def run() -> int:
    """Run one command; an error is one line on stderr. The console script `maas` calls this."""
    return run_command(main)


def main() -> int:
    """Read the arguments and run one command."""
    _refuse_bento()
    arguments = _build_parser().parse_args()
    configured = load_models_dir(PROJECT / "configs" / "service_config.yaml")
    _check_models_are_known()
    code: int = arguments.run(Registry(models_folder(configured, PROJECT)), arguments)
    return code


def _refuse_bento() -> None:
    """Refuse to run in a Bento, which holds no other version and, for a small image, no command.

    Raises:
        InputError: this is one.
    """
    if is_in_bento(PROJECT):
        what = "is a Bento, which serves the version that it was built with and follows nothing"
        remedy = "run commands in the project; to release, build a Bento and roll it out"
        raise InputError(PROJECT.parent, what, remedy)


def _check_models_are_known() -> None:
    """Refuse to look for versions in site-packages, where an installed copy has no project.

    Raises:
        ConfigError: the package is not in a project, and MODELS_DIR is not set.
    """
    if not is_project(PROJECT) and not os.environ.get("MODELS_DIR"):
        raise ConfigError(
            "variable MODELS_DIR",
            f"is not set, and maas is installed outside its project, in {PROJECT}",
            "set it to the models folder, or install the project with `pip install -e`",
        )


def _build_parser() -> argparse.ArgumentParser:
    from maas.commands import registry, release, removal, verify  # a Bento does not hold them

    parser = argparse.ArgumentParser(
        prog="python -m maas",
        description="Inspect, verify, release, mirror and remove the versions of a model.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    json_option = argparse.ArgumentParser(add_help=False)
    json_option.add_argument("--json", action="store_true", help="print one JSON document")
    registry.add_commands(commands, json_option)
    verify.add_commands(commands, json_option)
    release.add_commands(commands, json_option)
    removal.add_commands(commands, json_option)
    return parser


if __name__ == "__main__":
    sys.exit(run())
