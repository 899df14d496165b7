"""Lay out the folder that becomes /app of an image, with the same bytes at each build.

The Dockerfile runs `python image_files.py project|serve TAG DIGEST` in a copy of the project.
Names, modes and times of the files then depend on the commit alone, not on the checkout. Any user
may train in an image of the project: its models and logs are open to all, and what is in them
stays root's. An image that serves has no write bit.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

APP = Path(__file__).resolve().parent.parent
SECONDS = 946684800  # 2000-01-01: the time of a file is part of the layer
STICKY = 0o1777
SKLEARN_LOCK = "requirements/serving-sklearn.txt"

# What of models/ goes into an image that serves; what else lies there is nobody's business.
SERVED = re.compile(r"v[1-9][0-9]*(/[^/]+)?|serving\.json|removed\.json|README\.md")


def main() -> None:
    """Prepare the files of an image.

    Raises:
        SystemExit: what the labels are to say is not so, or the live version cannot be served.
    """
    kind, *expected = sys.argv[1:]
    sys.dont_write_bytecode = True  # its bytes would tell the time and place of the build
    sys.path.insert(0, str(APP))
    if kind == "serve":
        keep_what_serves()
    elif not find_versions():
        subprocess.run([sys.executable, "-B", APP / "train.py"], check=True)
        shutil.rmtree(APP / "logs")
    if find_versions():
        check_live(*expected)
    (APP / ".image-copy").touch()  # `promote` then refuses: nobody follows the image's own models
    compile_sources()
    settle(writable=kind == "project")


def find_versions() -> list[Path]:
    """The folders of versions."""
    return list((APP / "models").glob("v[1-9]*"))


def keep_what_serves() -> None:
    """Remove all but what a Bento would hold, and the models."""
    import yaml

    patterns = yaml.safe_load((APP / "bentofile.yaml").read_text(encoding="utf-8"))["include"]
    packed = (path for pattern in patterns for path in APP.glob(pattern.removeprefix("/")))
    kept = {path for path in packed if not path.name.startswith(".")}
    models = APP / "models"
    kept |= {
        path for path in models.rglob("*") if SERVED.fullmatch(path.relative_to(models).as_posix())
    }
    for path in sorted(APP.rglob("*"), reverse=True):
        if path not in kept and (path.is_symlink() or not path.is_dir()):
            path.unlink()
        elif path.is_dir() and path != models and not any(path.iterdir()):
            path.rmdir()


def check_live(tag: str, digest: str) -> None:
    """Check that the live version is the one of the labels, and that its packages are there."""
    from maas.errors import MaasError
    from maas.registry.ledger import read_ledger
    from maas.registry.live_version import find_live
    from maas.registry.registry import Registry

    models = APP / "models"
    try:
        live = find_live(Registry(models), read_ledger(models))
    except MaasError as error:
        sys.exit(f"error: {error}")
    for argument, given, found in (
        ("MODEL_TAG", tag, live.tag),
        ("MODEL_DIGEST", digest, live.manifest.digest),
    ):
        if given not in ("", found):
            what = f"the live version of models/ has {found}"
            sys.exit(f"error: {argument}={given}: {what}; build with that one, or without it")
    if live.manifest.runtime == "sklearn" and find_spec("sklearn") is None:
        what = "is of runtime sklearn, which is not among the packages of this image"
        sys.exit(f"error: {live.tag}: {what}; build with --build-arg LOCK={SKLEARN_LOCK}")


def compile_sources() -> None:
    """Compile the code, with bytecode that is checked against the source: a file may be mounted."""
    command = ["-m", "compileall", "-q", "-f", "--invalidation-mode", "checked-hash"]
    command += ["-s", str(APP), "-p", "/app"]
    places = [APP / name for name in ("maas", "service.py", "train.py") if (APP / name).exists()]
    subprocess.run([sys.executable, *command, *places], check=True)


def settle(*, writable: bool) -> None:
    """Fix modes and times."""
    for path in (APP, *sorted(APP.rglob("*"))):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            mode = 0o555 if executable else 0o444
            published = APP / "models" in path.parents
            path.chmod(mode if published or not writable else mode | 0o200)
    if writable:
        for name in ("models", "logs"):
            (APP / name).mkdir(exist_ok=True)
            (APP / name).chmod(STICKY)
    for path in (APP.parent, APP, *APP.rglob("*")):
        os.utime(path, (SECONDS, SECONDS), follow_symlinks=False)


if __name__ == "__main__":
    main()
