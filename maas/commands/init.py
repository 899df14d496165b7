"""The command `init`: drafts a config for a file that nobody has described."""

import argparse
import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from maas.commands.output_file import check_output, read_output, write_output
from maas.commands.terminal import print_json, print_line, print_note, print_table, short_path
from maas.config.paths import PROJECT, project_root
from maas.errors import InputError
from maas.registry.registry import Registry

if TYPE_CHECKING:
    from maas.tables.unknown.unknown_file import UnknownFile
    from maas.training.draft.draft import Draft


# How many columns to predict are listed.
_MAX_CANDIDATES = 50


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    json_option: argparse.ArgumentParser,
) -> None:
    """Add the command; it sets `run` to the function that runs it."""
    init = commands.add_parser(
        "init", parents=[json_option], help="draft a config for a CSV or Parquet file"
    )
    init.add_argument("data", metavar="DATA", help="a file, or a quoted pattern of files")
    init.add_argument("--target", metavar="COLUMN", help="what to predict; without it, candidates")
    init.add_argument("--output", metavar="FILE", help="by default configs/NAME.yaml")
    init.add_argument("--force", action="store_true", help="replace FILE if it exists")
    init.set_defaults(run=_init)


def _init(_: Registry, arguments: argparse.Namespace) -> int:
    from maas.tables.unknown.unknown_file import read_unknown

    output = read_output(arguments.output)
    file = read_unknown(Path(arguments.data))
    if arguments.target is None:
        raise _list_candidates(file, arguments)
    from maas.training.draft.config_text import write_config
    from maas.training.draft.steps import make_draft, name_model

    output = output or PROJECT / "configs" / f"{name_model(arguments.data)}.yaml"
    _check_name(output)
    check_output(output, arguments.force)
    source = _source(arguments.data, project_root(output))
    draft = make_draft(file, source, arguments.target)
    write_output(output, write_config(draft), arguments.force)
    _print(draft, output, arguments.json)
    return 0


def _list_candidates(file: "UnknownFile", arguments: argparse.Namespace) -> InputError:
    """Print the columns that can be predicted; the error says to choose one."""
    from maas.tables.target_draft import find_candidates

    found = find_candidates(arguments.data, list(file.columns.values()))
    if arguments.json:
        candidates = [{"column": c.column, "task": c.task, "seen": c.seen} for c in found]
        print_json({"candidates": candidates})
    elif found:
        rows = [(c.column, c.task, c.seen) for c in found[:_MAX_CANDIDATES]]
        print_table(("column", "task", "seen"), rows)
        if len(found) > _MAX_CANDIDATES:
            print_note(f"and {len(found) - _MAX_CANDIDATES} more; --json lists them all")
    if not found:
        return InputError(
            arguments.data, "has no column that can be predicted", "name another file"
        )
    what = "is missing: it names the column to predict"
    return InputError("--target", what, "choose one of those above")


def _check_name(output: Path) -> None:
    """Refuse to write over what is not a config, such as the data."""
    if output.suffix not in (".yaml", ".yml"):
        raise InputError(short_path(output), "is not the name of a config", "name a .yaml file")


def _source(data: str, root: Path) -> str:
    """The file for `data.source`: relative to a folder, unless elsewhere by its whole path."""
    path = Path(data).absolute()
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    if Path(data).is_absolute():
        return path.as_posix()
    return Path(os.path.relpath(path, root)).as_posix()


def _print(draft: "Draft", output: Path, as_json: bool) -> None:
    row = _write_row(draft.example)
    train, serve = "train.py", f"MODELS_DIR={shlex.quote(draft.models_dir)} bentoml serve"
    if Path.cwd().resolve() != PROJECT:
        train = shlex.quote(str(PROJECT / train))
        serve = f"cd {shlex.quote(str(PROJECT))} && {serve}"
    commands = [
        f"python {train} --config {shlex.quote(short_path(output))}",
        serve,
        "curl -X POST localhost:8000/predict -H 'Content-Type: application/json' "
        f"-d {shlex.quote(row)}",
    ]
    if as_json:
        print_json(_to_json(draft, output, commands))
        return
    target, features = draft.target, len(draft.features)
    used = f"from {features} of {len(draft.columns)} columns"
    print_line(f"{short_path(output)}  {target.task} of {target.column!r} {used}")
    for doubt in draft.doubts:
        print_note(f"beware: {doubt}")
    for column in draft.columns:
        if column.left_out:
            print_note(f"left out: {column.column!r}: {column.seen}")
    for command in commands:
        print_line(command)


def _write_row(row: Mapping[str, object]) -> str:
    """Write a row as JSON that a terminal shows as it is: what it would escape, JSON escapes."""
    text = json.dumps(dict(row), ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _to_json(draft: "Draft", output: Path, commands: list[str]) -> dict[str, object]:
    return {
        "config": short_path(output),
        "model_name": draft.model_name,
        "source": draft.source,
        "read": draft.extent,
        "doubts": list(draft.doubts),
        "target": {
            "column": draft.target.column,
            "task": draft.target.task,
            "seen": draft.target.seen,
        },
        "features": [{"column": c.column, "seen": c.seen} for c in draft.features],
        "left_out": [{"column": c.column, "seen": c.seen} for c in draft.columns if c.left_out],
        "estimator": {"name": draft.estimator.name, "params": dict(draft.estimator.params)},
        "commands": commands,
    }
