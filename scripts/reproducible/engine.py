"""The calls of the container engine; each failure is one line with Docker's own last one."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maas.errors import MaasError


class EngineError(MaasError):
    """The container engine does not answer, or refused something."""


def check_engine() -> None:
    """Ask whether an engine answers.

    Raises:
        EngineError: none does.
    """
    try:
        done = _run("version", "--format", "{{.Server.Version}}")
    except FileNotFoundError:
        remedy = "install Docker, or compare the Bento alone (`bento`)"
        raise EngineError("docker", "is not installed", remedy) from None
    if done.returncode:
        what = f"no container engine answers ({_last_line(done)})"
        raise EngineError("docker", what, "start one, or compare the Bento alone (`bento`)")


def read_image(name: str) -> dict[str, Any]:
    """What `docker image inspect` says of an image.

    Raises:
        EngineError: there is no such image.
    """
    image: dict[str, Any] = json.loads(_docker(name, "image", "inspect", name))[0]
    return image


def fetch_base(dockerfile: Path) -> str:
    """The name of the image that a Dockerfile starts from, which is there afterwards.

    Raises:
        EngineError: it is neither here nor can be pulled.
    """
    text = dockerfile.read_text(encoding="utf-8")
    found = re.search(r"^ARG BASE=(\S+)", text, re.M) or re.search(r"^FROM (\S+)", text, re.M)
    if not found:
        raise EngineError(dockerfile, "names no base image", "write one after FROM")
    base = found[1]
    if _run("image", "inspect", base).returncode:
        done = _run("pull", "-q", base)
        if done.returncode:
            what = f"the base image cannot be had ({_last_line(done)})"
            raise EngineError(base, what, "check its name and the network")
    return base


def build(folder: Path, target: str | None, tag: str, arguments: Mapping[str, str]) -> None:
    """Build an image without the cache.

    Raises:
        EngineError: the build failed.
    """
    options = ["--no-cache", "--pull=false", "--tag", tag]
    options += ["--target", target] if target else []
    for name, value in arguments.items():
        options += ["--build-arg", f"{name}={value}"]
    done = _run("build", *options, str(folder))
    if done.returncode:
        command = f"docker build --target {target} ." if target else "docker build ."
        remedy = f"see the whole log with `{command}`"
        what = f"cannot be built ({_last_line(done)})"
        where = f"Dockerfile, target {target}" if target else "Dockerfile"
        raise EngineError(where, what, remedy)


def save(tag: str, file: Path) -> None:
    """Write an image with its layers to a tar.

    Raises:
        EngineError: it cannot be written.
    """
    _docker(tag, "save", "--output", str(file), tag)


def remove_images(*tags: str) -> None:
    """Remove the images that are there."""
    _run("rmi", "--force", *tags)


def _docker(where: str, *command: str) -> str:
    done = _run(*command)
    if done.returncode:
        remedy = "correct that, then start again"
        raise EngineError(where, f"`docker {command[0]}` failed ({_last_line(done)})", remedy)
    return done.stdout


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *command], capture_output=True, text=True, check=False)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr + done.stdout).split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "no message")
