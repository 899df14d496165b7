"""The command `report`: one HTML file that says what a version is and how good it is."""

import argparse
import sys
from pathlib import Path

from maas.commands.output_file import check_output, is_written, read_output, write_output
from maas.commands.terminal import print_json, print_line, short_path
from maas.commands.version_argument import find_version
from maas.errors import InputError
from maas.model.tag import VERSION_FORMS
from maas.registry.registry import Registry

_STDOUT = "-"


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the command; it sets `run` to the function that runs it."""
    report = commands.add_parser(
        "report", parents=[json_option], help="write what a version is, and how good, as HTML"
    )
    report.add_argument("version", help=VERSION_FORMS)
    report.add_argument(
        "--output",
        metavar="FILE",
        help="by default MODEL-vN.html in the current folder; - is stdout",
    )
    report.add_argument("--force", action="store_true", help="replace FILE if it exists")
    report.set_defaults(run=_report)


def _report(registry: Registry, arguments: argparse.Namespace) -> int:
    # Jinja2 and numpy are imported for this command alone.
    from maas.registry.about_version import about_version
    from maas.report.document import render_document

    if arguments.json and arguments.output == _STDOUT:
        what = "cannot both go to stdout"
        raise InputError("--json and --output -", what, "name a file, or leave out --json")
    output = read_output(arguments.output)
    version = find_version(registry, arguments.version)
    version.check()
    document = render_document(about_version(version))
    if arguments.output == _STDOUT:
        sys.stdout.write(document)
        return 0
    output = output or Path(f"{version.manifest.model_name}-{version.label}.html")
    if not is_written(output, document):  # a version's report is the same each time
        check_output(output, arguments.force)
        write_output(output, document, arguments.force)
    if arguments.json:
        written = {"output": short_path(output.absolute()), "bytes": len(document.encode())}
        print_json({"version": version.number, "digest": version.manifest.digest} | written)
    else:
        print_line(short_path(output.absolute()))
    return 0
