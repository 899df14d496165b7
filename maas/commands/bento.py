"""The command `bento`: packs the live version, and the code that serves it."""

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from maas.commands.terminal import print_json, print_line, stdout_to_stderr
from maas.commands.version_argument import find_version
from maas.config.paths import PROJECT
from maas.config.reading import VERSION_VARIABLES, load_service_config
from maas.registry.registry import Registry


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the command; it sets `run` to the function that runs it."""
    bento = commands.add_parser(
        "bento", parents=[json_option], help="pack the live version (MODEL_VERSION chooses)"
    )
    bento.add_argument("--export", metavar="FILE", help="write a .bento file too")
    bento.set_defaults(run=_bento)


def _bento(registry: Registry, arguments: argparse.Namespace) -> int:
    environ = {name: value for name, value in os.environ.items() if name in VERSION_VARIABLES}
    config = load_service_config(PROJECT / "configs" / "service_config.yaml", environ)
    version = find_version(registry, str(config.model_version))
    with stdout_to_stderr():
        # These imports load BentoML, which takes a second.
        from maas.packing.archive import check_name, export
        from maas.packing.entry import pack

        output = None if arguments.export is None else Path(arguments.export)
        if output is not None:
            check_name(output)
        packed = pack(PROJECT, version)
        if output is not None:
            export(packed.path, output)
    if arguments.json:
        model = {"version": version.number, "model_digest": version.manifest.digest}
        print_json(asdict(packed) | model | {"path": str(packed.path), "export": arguments.export})
    else:
        print_line(f"{packed.tag}  {packed.digest}  {packed.state}")
    return 0
