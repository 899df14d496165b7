"""Promotes in child processes that die, or whose disk fails, at a chosen moment; or all at once.

`python -m tests.release_injection kill|fault FOLDER STEP` strikes at every STEPth moment of an
addition to the ledger, `race|expect FOLDER PROCESSES` lets processes promote at once. Prints one
JSON document: the number of moments or processes, and every broken promise. A moment is what it
is in `tests/fault_injection.py`.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from maas.errors import InputError, MaasError
from maas.registry.ledger import LEDGER, read_ledger
from maas.registry.live_version import check_expected, look_up_live
from maas.registry.registry import Registry
from maas.registry.releases import open_ledger
from tests.fault_injection import (
    FAULTS,
    FaultMoments,
    KillMoments,
    Moments,
    copied,
    in_child,
    run_attack,
)
from tests.samples import FILES, RUN, make_manifest

VERSIONS = 3


def promote_once(models: Path, number: int, expected: int | None = None) -> None:
    """Do what `promote` does under the lock, with versions that hold no real model."""
    registry = Registry(models)
    version = registry.open(number)
    with open_ledger(models) as writer:
        check_expected(look_up_live(registry, writer.ledger), expected)
        live = writer.ledger.live
        writer.append("promote", version, "why", before=live.release if live else None)


def publish(models: Path) -> Path:
    models.mkdir(parents=True)
    for seed in range(VERSIONS):
        config = {"seed": seed, "data": {"source": "s", "target": "t"}}
        manifest = make_manifest(config={**config, "estimator": {"name": "Ridge"}})
        Registry(models).publish(manifest, FILES, RUN, ())
    return models


# What exists before the promotion that is struck.


def fresh(home: Path) -> Path:
    return publish(home / "models")


def third(home: Path) -> Path:
    models = fresh(home)
    promote_once(models, 1)
    promote_once(models, 2)
    return models


def littered(home: Path) -> Path:
    """A killed promoter has left its temporary file."""
    models = third(home)
    (models / ".serving-0123456789abcdef").write_bytes(b"half")
    return models


SCENES = (fresh, third, littered)


# What must be true, read with nothing but json and hashlib.


def canonical(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def broken_ledger(models: Path) -> list[str]:
    """Follow the chain of the ledger by hand."""
    path = models / LEDGER
    if not path.exists():
        return []
    try:
        entries = json.loads(path.read_bytes())["entries"]
    except (OSError, ValueError, KeyError) as error:
        return [f"the ledger is {error!r}"]
    problems, previous = [], None
    for number, entry in enumerate(entries, start=1):
        content = {key: value for key, value in entry.items() if key != "sha256"}
        if entry["release"] != number or entry["previous"] != previous:
            problems.append(f"release {number} is out of place")
        if hashlib.sha256(canonical(content)).hexdigest() != entry["sha256"]:
            problems.append(f"release {number} is altered")
        previous = hashlib.sha256(canonical(entry)).hexdigest()
    return problems


def entries_of(models: Path) -> list[Any]:
    path = models / LEDGER
    return json.loads(path.read_bytes())["entries"] if path.exists() else []


def broken_afterwards(models: Path) -> list[str]:
    """Promote once more, without a strike, and check what that left."""
    before = entries_of(models)
    if code := in_child(lambda: promote_once(models, 3) or 0):
        return [f"the next promotion fails with {code}"]
    problems = broken_ledger(models)
    if entries_of(models)[:-1] != before:
        problems.append("an entry of before was changed")
    # A folder whose lock failed once was taken for one that cannot be locked: a file in it was.
    known = {LEDGER, ".serving.lock", *(f"v{n + 1}" for n in range(VERSIONS))}
    left = {p.name for p in models.iterdir()} - known
    return problems + [f"{name} is orphaned" for name in sorted(left)]


def count_moments(kind: type[Moments], scene: Callable[[Path], Path], folder: Path) -> int:
    models, out = scene(folder / "count"), folder / "count.txt"

    def work() -> int:
        moments = kind(None, lambda: None)
        sys.setprofile(moments)
        promote_once(models, 3)
        sys.setprofile(None)
        out.write_text(str(moments.count))
        return 0

    assert in_child(work) == 0
    return int(out.read_text())


def strike_once(kind: type[Moments], models: Path, moment: int, error: int | None) -> list[str]:
    before = entries_of(models)

    def strike() -> None:
        if error is None:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(error, os.strerror(error))

    def work() -> int:
        sys.setprofile(kind(moment, strike))
        try:
            promote_once(models, 3)
        except MaasError:
            return 1
        return 0

    code = in_child(work)
    problems, now = broken_ledger(models), entries_of(models)
    if now[: len(before)] != before or len(now) > len(before) + 1:
        problems.append("an entry of before is lost or changed")
    if code == 0 and len(now) != len(before) + 1:
        problems.append("the promotion succeeded without an entry")
    if code == 1 and now != before:
        problems.append("the promotion failed and added an entry")
    if kind is KillMoments and code != -signal.SIGKILL:
        problems.append(f"the child was to be killed and ended with {code}")
    if kind is FaultMoments and code not in (0, 1):
        problems.append(f"an error was not translated: exit {code}")
    return problems + broken_afterwards(models)


def strike_all(kind: type[Moments], folder: Path, step: int) -> tuple[int, list[str]]:
    struck, problems = 0, []
    errors: Sequence[int | None] = FAULTS if kind is FaultMoments else (None,)
    for scene in SCENES:
        total = count_moments(kind, scene, folder / scene.__name__)
        for moment in range(1 + random.randrange(step), total + 1, step):
            for error in errors:
                models = copied(scene, folder / scene.__name__ / f"{moment}-{error}")
                found = strike_once(kind, models, moment, error)
                problems += [f"{scene.__name__} {moment} {error}: {text}" for text in found]
                struck += 1
    return struck, problems


def race(folder: Path, processes: int, expected: int | None) -> list[str]:
    """Let processes promote at once; with `expected`, at most one may succeed."""
    models, go = fresh(folder), folder / "go"
    promote_once(models, 1)
    children = []
    for index in range(processes):
        child = os.fork()
        if child == 0:
            code = 99
            try:
                while not go.exists():
                    time.sleep(0.001)
                promote_once(models, 2 + index % 2, expected)
                code = 0
            except InputError:
                code = 2
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        children.append(child)
    go.touch()
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    wins = 1 if expected else processes
    problems = broken_ledger(models)
    if codes.count(0) != wins or codes.count(2) != processes - wins:
        problems.append(f"the promoters ended with {sorted(codes)}")
    if len(read_ledger(models).entries) != 1 + wins:
        problems.append(f"the ledger holds {len(read_ledger(models).entries)} entries")
    return problems + broken_afterwards(models)


def race_all(kind: str, folder: Path, processes: int) -> list[str]:
    return race(folder, processes, 1 if kind == "expect" else None)


if __name__ == "__main__":
    run_attack(strike_all, race_all)
