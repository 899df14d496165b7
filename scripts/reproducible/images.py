"""Builds an image of the project, and compares two: the layers above the base, and the config."""

import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

from scripts.image_labels import labels
from scripts.reproducible import engine
from scripts.reproducible.copies import Copy
from scripts.reproducible.members import compare_tars, shorten

CONFIG = (
    "Env", "Cmd", "Entrypoint", "User", "WorkingDir", "ExposedPorts", "Healthcheck", "Labels",
    "Volumes", "StopSignal", "Shell", "OnBuild",
)  # fmt: skip
"""What the config of an image says of how it runs."""

NEWER = "; the image ids differ, as this engine writes the time of the build into them"

_COMMAND_LENGTH = 60


@dataclass(frozen=True)
class Comparison:
    """What was compared, what else there is to say of it, and a line for each difference."""

    what: str
    note: str
    differences: list[str]


def build(copy: Copy, target: str | None, tag: str) -> None:
    """Build a target of a copy's Dockerfile without the cache; None is the last one.

    Raises:
        EngineError: the build failed.
    """
    engine.build(copy.folder, target, tag, labels())


def compare_images(base: str, first: str, second: str) -> Comparison:
    """Compare two images that start from the same base, by their names.

    Raises:
        EngineError: an image is not there, or cannot be read.
    """
    below, one, other = (engine.read_image(name) for name in (base, first, second))
    layers = [image["RootFS"]["Layers"] for image in (one, other)]
    same_base = all(each[: len(_layers(below))] == _layers(below) for each in layers)
    start = len(_layers(below)) if same_base else 0
    differences = _compare_configs(one["Config"], other["Config"])
    if layers[0] != layers[1]:
        differences += _compare_layers(first, second, start)
    size = (one["Size"] - (below["Size"] if start else 0)) / 1e6
    count = len(layers[0]) - start
    what = f"{count} layer{'s' * (count != 1)}, {size:.0f} MB{' above the base' if start else ''}"
    return Comparison(what, NEWER if one["Id"] != other["Id"] else ", image id too", differences)


def _layers(image: dict[str, Any]) -> list[str]:
    layers: list[str] = image["RootFS"]["Layers"]
    return layers


def _compare_configs(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    return [
        f"config {key}: {json.dumps(first.get(key))}, {json.dumps(second.get(key))}"
        for key in CONFIG
        if first.get(key) != second.get(key)
    ]


def _compare_layers(first: str, second: str, start: int) -> list[str]:
    """The layers from `start` that differ, numbered from 1, with their members below them."""
    lines = []
    with _saved(first) as one, _saved(second) as other:
        pairs = zip_longest(one.layers[start:], other.layers[start:])
        for number, (left, right) in enumerate(pairs, 1):
            if left is None or right is None:
                where = "first" if left else "second"
                lines.append(f"layer {number}, {(left or right).command}: only in the {where}")
            elif left.digest != right.digest:
                with one.read(left) as left_tar, other.read(right) as right_tar:
                    found = shorten(compare_tars(left_tar, right_tar))
                lines.append(f"layer {number}, {left.command}")
                lines += [f"  {line}" for line in found]
    return lines


@dataclass(frozen=True)
class _Layer:
    digest: str
    command: str
    path: str


@dataclass(frozen=True)
class _Saved:
    archive: tarfile.TarFile
    layers: list[_Layer]

    def read(self, layer: _Layer) -> IO[bytes]:
        return _extract(self.archive, layer.path)


@contextmanager
def _saved(tag: str) -> Iterator[_Saved]:
    """An image as `docker save` writes it, while it is needed."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="reproducible-"))
        engine.save(tag, file := Path(folder, "image.tar"))
        archive = stack.enter_context(tarfile.open(file))
        parts = json.load(_extract(archive, "manifest.json"))[0]
        config = json.load(_extract(archive, parts["Config"]))
        commands = [
            _shorten_command(step.get("created_by", ""))
            for step in config["history"]
            if not step.get("empty_layer")
        ]
        layers = zip(config["rootfs"]["diff_ids"], commands, parts["Layers"], strict=True)
        yield _Saved(archive, [_Layer(*layer) for layer in layers])


def _shorten_command(command: str) -> str:
    """The instruction of a Dockerfile in one line, without what the engine adds."""
    line = " ".join(command.replace("/bin/sh -c ", "").removesuffix(" # buildkit").split())
    return line if len(line) <= _COMMAND_LENGTH else line[:_COMMAND_LENGTH] + "…"


def _extract(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    if file is None:
        raise tarfile.TarError(f"{name} is not a file")
    return file
