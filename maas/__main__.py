"""Entry point of the commands: `python -m maas list|show N|diff A B|verify N|sync|remove N`.

And of those of releases: `promote N`, `rollback` and `history`; `score IN OUT`; `init DATA`;
`report N` and `drift --url URL|--scored OUT`; and `bento`.

In an environment that the project is installed in, `maas list` is the same.
"""

import argparse
import gc
import os
import sys
from importlib import import_module

from maas.config.paths import PROJECT, is_in_bento, is_in_image, is_project, models_folder
from maas.errors import ConfigError, InputError

_GROUPS = {
    "registry": ("list", "show", "diff", "sync"),
    "verify": ("verify",),
    "release": ("promote", "rollback", "history"),
    "removal": ("remove",),
    "score": ("score",),
    "init": ("init",),
    "report": ("report",),
    "drift": ("drift",),
    "bento": ("bento",),
}
"""Module of `maas.commands` -> the commands that it adds."""


def run() -> int:
    """Run one command; an error is one line on stderr. The console script `maas` calls this."""
    # Imports make many objects and hardly any garbage: looking for it took a third of their time,
    # and so did looking through all of them at the end.
    gc.set_threshold(50_000, 20, 100)
    try:
        return _run()
    except KeyboardInterrupt:  # before the command runs; it says so itself
        print("error: stopped", file=sys.stderr)
        return 130


def _run() -> int:
    if sys.argv[1:2] == ["score"] and "dask" not in sys.argv and not _only_serves():
        from maas.scoring.local_engine import start_server

        start_server()  # first of all: it imports what workers need while this process goes on
    from maas.commands.terminal import run_command

    code = run_command(main)
    gc.freeze()
    return code


def main() -> int:
    """Read the arguments and run one command."""
    _refuse_to_only_serve()
    from maas.config.reading import load_models_dir
    from maas.registry.registry import Registry

    arguments = _build_parser().parse_args()
    configured = load_models_dir(PROJECT / "configs" / "service_config.yaml")
    _check_models_are_known()
    code: int = arguments.run(Registry(models_folder(configured, PROJECT)), arguments)
    return code


def _only_serves() -> bool:
    """Whether this is a Bento or the image of `--target serve`, which have no command."""
    return is_in_bento(PROJECT) or (is_in_image(PROJECT) and not is_project(PROJECT))


def _refuse_to_only_serve() -> None:
    """Refuse to run where no commands are.

    Raises:
        InputError: this is a Bento, which holds no other version either, or a serving image.
    """
    if _only_serves() and not is_in_bento(PROJECT):
        remedy = "run commands in the project, or in an image of it"
        raise InputError(PROJECT, "is an image that serves, and has no commands", remedy)
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
    parser = argparse.ArgumentParser(
        prog="python -m maas",
        description="Inspect, report, verify, release, mirror and remove the versions of a model, "
        "score files with them, say how later rows differ, draft a config for a new file, and "
        "pack a version into a Bento.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    json_option = argparse.ArgumentParser(add_help=False)
    json_option.add_argument("--json", action="store_true", help="print one JSON document")
    # That of the command alone, where there is one: the others would take as long to import.
    named = [name for name, group in _GROUPS.items() if sys.argv[1:2] and sys.argv[1] in group]
    for name in named or _GROUPS:
        group = import_module(f"maas.commands.{name}")  # a Bento does not hold them
        group.add_commands(commands, json_option)
    return parser


if __name__ == "__main__":
    sys.exit(run())
