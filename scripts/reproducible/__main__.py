"""Builds packages twice and compares them: `python -m scripts.reproducible [PACKAGE …]`.

The packages are `project` and `serve`, the images of the Dockerfile, and `bento`. Exit code 0: each
is equal; 1: one differs; 2: one cannot be built or compared.
"""

import argparse
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from maas.errors import MaasError
from scripts.reproducible import bentos, engine, images
from scripts.reproducible.copies import PROJECT, two_copies
from scripts.reproducible.images import Comparison

TARGETS = {"project": None, "serve": "serve"}
"""The targets of the Dockerfile by their package; None is the last one."""


def main() -> int:
    """Build and compare the packages that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m scripts.reproducible")
    parser.add_argument("package", nargs="*", help="project, serve or bento; all without one")
    packages = parser.parse_args().package or [*TARGETS, "bento"]
    for package in packages:
        if package not in (*TARGETS, "bento"):
            parser.error(f"{package}: is not a package; choose project, serve or bento")
    differing = 0
    for package in packages:
        compared = _bento() if package == "bento" else _image(package)
        print_comparison(package, compared)
        differing += bool(compared.differences)
    return 1 if differing else 0


def print_comparison(package: str, compared: Comparison) -> None:
    """Print one line for a package that is equal, and the differences of one that is not."""
    if not compared.differences:
        print(f"{package}: {compared.what}, equal{compared.note}", flush=True)
        return
    print(f"{package}: differs")
    print(*(f"  {line}" for line in compared.differences), sep="\n", flush=True)


def _image(package: str) -> Comparison:
    engine.check_engine()
    base = engine.fetch_base(PROJECT / "Dockerfile")
    suffix = secrets.token_hex(4)
    tags = [f"reproducible-{package}-{number}-{suffix}" for number in (1, 2)]
    with two_copies() as copies:
        try:
            for number, (copy, tag) in enumerate(zip(copies, tags, strict=True), 1):
                with _timed(f"{package}: build {number} of 2"):
                    images.build(copy, TARGETS[package], tag)
            with _timed(f"{package}: comparison"):
                return images.compare_images(base, tags[0], tags[1])
        finally:
            engine.remove_images(*tags)


def _bento() -> Comparison:
    with two_copies() as copies, tempfile.TemporaryDirectory(prefix="reproducible-") as stores:
        with _timed("bento: two builds"):
            built = [bentos.build(copy, Path(stores, str(n))) for n, copy in enumerate(copies)]
        return bentos.compare_bentos(*built)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    try:
        sys.exit(main())
    except MaasError as error:
        sys.exit(print(f"error: {error}", file=sys.stderr) or 2)
    except KeyboardInterrupt:
        sys.exit(130)
