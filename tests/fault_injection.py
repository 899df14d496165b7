"""Publishes versions in child processes that die, or whose disk fails, at a chosen moment.

`python -m tests.fault_injection kill|fault FOLDER STEP` strikes at every STEPth moment of the
publish and mirror steps, `race FOLDER PROCESSES` lets processes publish at once. Prints one JSON
document: the number of moments, and every broken promise.

A moment is a call into the operating system or the io library. The profiler of the interpreter
reports each call before and after it is made. At that moment the child kills itself, or the call
fails with a disk error.
"""

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import yaml

from maas.errors import MaasError
from maas.registry.registry import Registry
from maas.registry.store import open_store
from tests.samples import CONFIG, FILES, RUN, make_manifest

FAULTS = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO)
OS_MODULES = {"posix", "nt", "_io", "io", "fcntl"}


def run_once(models: Path) -> None:
    """Do what train.py does around its fit; no two runs publish the same files."""
    seed = int.from_bytes(os.urandom(6))
    files = FILES | {"large.bin": seed.to_bytes(6) * 50_000}
    registry = Registry(models)
    registry.prepare("m")
    with open_store("m"):
        pass
    with open_store("m") as store:
        registry.publish(
            make_manifest(files=files, config=CONFIG | {"seed": seed % 2**32}),
            files,
            RUN,
            store.numbers(),
        )
        store.sync(registry, thorough=False)


# Functions of these modules that cannot fail.
NO_CALLS = {"fspath", "getpid", "urandom"}


def is_system_call(function: object) -> bool:
    name = getattr(function, "__name__", "")
    if name in NO_CALLS:
        return False
    owner = getattr(function, "__self__", None)
    if type(owner).__name__ == "ScandirIterator" and not name.startswith("__next"):
        return False  # CPython closes a folder without a look at what closedir says
    module = getattr(function, "__module__", None) or type(owner).__module__
    return module in OS_MODULES


class Moments:
    """Counts the moments of a run, and strikes at one."""

    def __init__(self, target: int | None, strike: Callable[[], None]) -> None:
        self.count, self.target, self.strike = 0, target, strike

    def __call__(self, _: object, event: str, function: object) -> None:
        if event in self.events and is_system_call(function):
            self.count += 1
            if self.count == self.target:
                self.strike()


class KillMoments(Moments):
    events = ("c_call", "c_return")


class FaultMoments(Moments):
    """A call fails instead of being made; only a failing close does close, as on Linux."""

    events = ("c_call", "c_return")

    def __call__(self, _: object, event: str, function: object) -> None:
        closes = getattr(function, "__name__", "") == "close"
        if closes == (event == "c_return"):
            super().__call__(_, event, function)


def in_child(work: Callable[[], int]) -> int:
    """Run a function in a forked child; return its exit code, negative for a signal."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 99
        signal.alarm(60)  # a child that waits forever is a broken promise too
        try:
            code = work()
        except BaseException:  # the child must not continue in the caller's code
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count_moments(kind: type[Moments], make: Callable[[Path], Path], folder: Path) -> int:
    models = make(folder / "count")
    out = folder / "count.txt"

    def work() -> int:
        moments = kind(None, lambda: None)
        sys.setprofile(moments)
        run_once(models)
        sys.setprofile(None)
        out.write_text(str(moments.count))
        return 0

    assert in_child(work) == 0
    return int(out.read_text())


# What exists before the run that is struck.


def fresh(home: Path) -> Path:
    home.mkdir(parents=True)
    os.environ["BENTOML_HOME"] = str(home / "store")
    return home / "models"


def second(home: Path) -> Path:
    models = fresh(home)
    run_once(models)
    return models


def wrecked(home: Path) -> Path:
    """An abandoned staging folder, a missing mirror, incomplete entries, one without a version."""
    models = fresh(home)
    for _ in range(3):
        run_once(models)
    entries = home / "store/models/m"
    shutil.rmtree(entries / "v1")
    (entries / "v2/model.yaml").unlink()
    (entries / "v3/model.onnx").unlink()
    (entries / "v9").mkdir()
    (models / ".staging-dead/version").mkdir(parents=True)
    (models / ".staging-dead/version/model.onnx").write_bytes(b"half")
    (home / "store/tmp/mirror-dead").mkdir()
    return models


SCENES = (fresh, second, wrecked)


def copied(scene: Callable[[Path], Path], home: Path) -> Path:
    """A copy of what a scene makes, which is made once."""
    original = home.parent / "original"
    if not original.exists():
        scene(original)
    shutil.copytree(original, home)
    os.environ["BENTOML_HOME"] = str(home / "store")
    return home / "models"


# What must be true, read with nothing but json, yaml and hashlib.


def broken_files(folder: Path) -> str | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        json.loads((folder / "run.json").read_bytes())
        for name, record in manifest["files"].items():
            data = (folder / name).read_bytes()
            if hashlib.sha256(data).hexdigest() != record["sha256"]:
                return f"{folder / name} is altered"
    except (OSError, ValueError) as error:
        return f"{folder}: {error!r}"
    return None


def broken_versions(models: Path) -> list[str]:
    folders = models.glob("v*") if models.is_dir() else ()
    return [problem for folder in folders if (problem := broken_files(folder))]


def broken_entries(models: Path) -> list[str]:
    """Find entries of the store that are not the complete version of their number."""
    found = []
    for entry in (models.parent / "store/models/m").glob("v*"):
        if problem := broken_files(entry):
            found.append(problem)
            continue
        digest = json.loads((entry / "manifest.json").read_bytes())["digest"]
        try:
            label = yaml.safe_load((entry / "model.yaml").read_bytes())["labels"]["digest"]
        except (OSError, TypeError) as error:
            label = repr(error)
        if label != digest:
            found.append(f"{entry}: its label is {label}")
    return found


def numbers(folder: Path) -> list[int]:
    return sorted(int(p.name[1:]) for p in folder.glob("v*")) if folder.is_dir() else []


def broken_afterwards(models: Path, before: list[int]) -> list[str]:
    """Start another run, which is not struck, and check what it left."""
    published, store = numbers(models), models.parent / "store"
    problems = [f"v{n} is lost" for n in set(before) - set(published)]
    if code := in_child(lambda: run_once(models) or 0):
        return [*problems, f"the next run fails with {code}"]
    now = numbers(models)
    if now[:-1] != published or len(now) != len(published) + 1:
        problems.append(f"numbers were {published} and are {now}")
    left = [p.name for p in models.iterdir() if not p.name.startswith("v")]
    left += [p.name for p in (store / "tmp").iterdir()]
    problems += [f"{name} is orphaned" for name in left]
    if numbers(store / "models/m") != now:
        problems.append(f"the store holds {numbers(store / 'models/m')}, the folder {now}")
    if (store / "models/m/latest").read_text() != f"v{now[-1]}":
        problems.append("latest is not the highest")
    return problems + broken_versions(models) + broken_entries(models)


def strike_all(kind: type[Moments], folder: Path, step: int) -> tuple[int, list[str]]:
    struck, problems = 0, []
    for scene in SCENES:
        total = count_moments(kind, scene, folder / scene.__name__)
        for moment in range(1 + random.randrange(step), total + 1, step):
            errors: tuple[int | None, ...] = FAULTS if kind is FaultMoments else (None,)
            for error in errors:
                home = folder / scene.__name__ / f"{moment}-{error}"
                models = copied(scene, home)
                found = strike_once(kind, models, moment, error)
                problems += [f"{scene.__name__} {moment} {error}: {text}" for text in found]
                struck += 1
                if not found:
                    shutil.rmtree(home)
    return struck, problems


def strike_once(kind: type[Moments], models: Path, moment: int, error: int | None) -> list[str]:
    before, broken_before = numbers(models), set(broken_entries(models))

    def strike() -> None:
        if error is None:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(error, os.strerror(error))

    def work() -> int:
        sys.setprofile(kind(moment, strike))
        try:
            run_once(models)
        except MaasError:
            return 1
        return 0

    code = in_child(work)
    problems = broken_versions(models)
    problems += [problem for problem in broken_entries(models) if problem not in broken_before]
    if kind is KillMoments and code != -signal.SIGKILL:
        problems.append(f"the child was to be killed and ended with {code}")
    if kind is FaultMoments and code not in (0, 1):
        problems.append(f"an error was not translated: exit {code}")
    return problems + broken_afterwards(models, before)


def race(folder: Path, processes: int, kill: bool) -> list[str]:
    """Let processes publish at once: half share a store, half have their own; some are killed."""
    models, gate = folder / "models", folder / "go"
    children = []
    for index in range(processes):
        shared = index % 2 == 0
        home = folder / ("store" if shared else f"stores/{index}")
        doomed = kill and index % 3 == 0
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.environ["BENTOML_HOME"] = str(home)
                while not gate.exists():
                    time.sleep(0.001)
                if doomed:
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.001, 0.5))
                    signal.signal(signal.SIGALRM, signal.SIG_DFL)
                run_once(models)
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        children.append((child, doomed, home))
    gate.touch()
    problems, succeeded = [], 0
    for child, doomed, _ in children:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        succeeded += code == 0
        if code and not doomed:
            problems.append(f"a trainer ended with {code}")
    problems += broken_versions(models)
    published = numbers(models)
    if len(published) < succeeded:
        problems.append(f"{succeeded} trainers published, {len(published)} versions exist")
    os.environ["BENTOML_HOME"] = str(folder / "store")
    return problems + broken_afterwards(models, published) + broken_stores(folder, models)


def broken_stores(folder: Path, models: Path) -> list[str]:
    """Find entries of all stores that are not the version of their number."""
    problems = []
    for home in (folder / "stores").glob("*"):
        for entry in (home / "models/m").glob("v*"):
            if problem := broken_files(entry):
                problems.append(problem)
            ours, theirs = (
                (f / "manifest.json").read_bytes() for f in (models / entry.name, entry)
            )
            if ours != theirs:
                problems.append(f"{entry} is not the version of its number")
    return problems


Strike = Callable[[type[Moments], Path, int], tuple[int, list[str]]]


def run_attack(strike: Strike, race_all: Callable[[str, Path, int], list[str]]) -> None:
    """Run `python -m MODULE KIND FOLDER NUMBER`: print how much was done, and what was wrong.

    KIND is `kill` or `fault`, at every NUMBER-th moment; else one of the module's own races.
    """
    kind, folder, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    random.seed(0)
    moments = {"kill": KillMoments, "fault": FaultMoments}.get(kind)
    if moments is not None:
        count, problems = strike(moments, folder, number)
    else:
        count, problems = number, race_all(kind, folder, number)
    print(json.dumps({"count": count, "problems": problems}))


def race_all(kind: str, folder: Path, number: int) -> list[str]:
    folder.mkdir()
    return race(folder, number, kill=kind == "fatal-race")


if __name__ == "__main__":
    run_attack(strike_all, race_all)
