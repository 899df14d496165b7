"""Print the build arguments from which an image's labels are made: `make image` gives them."""

import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))


def labels() -> dict[str, str]:
    """The arguments of the Dockerfile: commit, version of the project, live version of models/."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {"VERSION": project["version"], "REVISION": revision()}
    models = PROJECT / "models"
    if any(models.glob("v[1-9]*")):
        from maas.registry.ledger import read_ledger
        from maas.registry.live_version import find_live
        from maas.registry.registry import Registry

        live = find_live(Registry(models), read_ledger(models))
        found |= {"MODEL_TAG": live.tag, "MODEL_DIGEST": live.manifest.digest}
    return found


def revision() -> str:
    """The commit of the checkout, with `-dirty` if files of it were changed; empty without git."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def main() -> None:
    """Print them in one line.

    Raises:
        SystemExit: models/ cannot be read, or its live version is not there.
    """
    from maas.errors import MaasError

    try:
        print(*(f"--build-arg={name}={value}" for name, value in labels().items()))
    except MaasError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
