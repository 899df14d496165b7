"""Removes versions in child processes that die, or whose disk fails, at a chosen moment.

`python -m tests.removal_attack kill|fault FOLDER STEP` strikes at every STEPth moment of a removal
of two versions of four, `race FOLDER ROUNDS` lets 8 processes remove, 4 publish and one promote at
once. Prints one JSON document, as `tests/fault_injection.py` does, which explains the moments.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

from maas.errors import MaasError, VersionError
from maas.registry.ledger import read_ledger
from maas.registry.locks import hold_folder
from maas.registry.registry import Registry
from maas.registry.removal import prune_versions, remove_versions
from tests.fault_injection import (
    FAULTS,
    FaultMoments,
    KillMoments,
    Moments,
    broken_entries,
    broken_versions,
    fresh,
    in_child,
    numbers,
    run_attack,
    run_once,
)
from tests.registry.test_trash import sign
from tests.releases import append_release, write_releases

LIVE, REMOVED = 2, (3, 4)
SIGNED = {"signatures": ".sig", "attestations": ".jsonl"}
RECORDS = {"removed.json", "serving.json", *SIGNED}


def four_versions(home: Path) -> Path:
    """Four mirrored versions, of which v2 is live."""
    models = fresh(home)
    for _ in range(4):
        run_once(models)
    write_releases(models, ("promote", LIVE))
    return models


def scene(home: Path) -> Path:
    """A copy of four signed versions, the newest two of which are to go."""
    original = home.parent / "original"
    if not original.exists():
        sign(four_versions(original), 1, 2, 3, 4)
    shutil.copytree(original, home)
    os.environ["BENTOML_HOME"] = str(home / "store")
    return home / "models"


def remove_once(models: Path) -> int:
    """Remove the two newest versions; the live one is asked for as well, which must be refused."""
    try:
        remove_versions(Registry(models), [1, LIVE], force=True)
    except VersionError:
        pass
    except MaasError:
        return 1
    else:
        return 98
    try:
        found = remove_versions(Registry(models), REMOVED, force=False)
    except MaasError:
        return 1
    return int(any(result.state == "failed" for result in found))


def broken_now(models: Path) -> list[str]:
    """What a reader must never see, whenever it looks."""
    there, entries = numbers(models), numbers(models.parent / "store/models/m")
    problems = [*broken_versions(models), *broken_entries(models)]
    problems += [f"v{n} is lost" for n in (1, LIVE) if n not in there]
    latest = (models.parent / "store/models/m/latest").read_text()
    if int(latest[1:]) not in entries:
        problems.append(f"latest is {latest}, and the store holds {entries}")
    gone = [n for n in REMOVED if n not in there]
    record = models / "removed.json"
    highest = json.loads(record.read_bytes())["highest"] if record.exists() else 0
    if highest < max(gone, default=0):
        problems.append(f"{gone} are gone, and removed.json does not say so")
    for folder, suffix in SIGNED.items():
        missing = [n for n in there if not (models / folder / f"v{n}{suffix}").exists()]
        problems += [f"v{n} has lost its {suffix}" for n in missing]
    return problems


def broken_later(models: Path) -> list[str]:
    """Publish another version, and check what is left."""
    there, store = numbers(models), models.parent / "store"
    if code := in_child(lambda: run_once(models) or 0):
        return [f"the next run fails with {code}"]
    now = numbers(models)
    problems = [*broken_versions(models), *broken_entries(models)]
    if now != [*there, 5]:
        problems.append(f"numbers were {there} and are {now}")
    if numbers(store / "models/m") != now:
        problems.append(f"the store holds {numbers(store / 'models/m')}, the folder {now}")
    left = {path.name for path in models.iterdir()} - RECORDS - {f"v{n}" for n in now}
    left |= {path.name for path in (store / "tmp").iterdir()}
    for folder, suffix in SIGNED.items():
        left |= {p.name for p in (models / folder).iterdir()} - {f"v{n}{suffix}" for n in there}
    return problems + [f"{name} is orphaned" for name in left]


def count_moments(kind: type[Moments], home: Path) -> int:
    models, out = scene(home), home / "count.txt"

    def work() -> int:
        moments = kind(None, lambda: None)
        sys.setprofile(moments)
        code = remove_once(models)
        sys.setprofile(None)
        out.write_text(str(moments.count))
        return code

    assert in_child(work) == 0
    return int(out.read_text())


def strike_all(kind: type[Moments], folder: Path, step: int) -> tuple[int, list[str]]:
    struck, problems = 0, []
    total = count_moments(kind, folder / "count")
    for moment in range(1 + random.randrange(step), total + 1, step):
        for error in FAULTS if kind is FaultMoments else (None,):
            home = folder / f"{moment}-{error}"
            found = strike_once(kind, scene(home), moment, error)
            problems += [f"{moment} {error}: {text}" for text in found]
            struck += 1
            if not found:
                shutil.rmtree(home)
    return struck, problems


def strike_once(kind: type[Moments], models: Path, moment: int, error: int | None) -> list[str]:
    def strike() -> None:
        if error is None:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(error, os.strerror(error))

    def work() -> int:
        sys.setprofile(kind(moment, strike))
        return remove_once(models)

    code = in_child(work)
    problems = broken_now(models)
    if kind is KillMoments and code != -signal.SIGKILL:
        problems.append(f"the child was to be killed and ended with {code}")
    if kind is FaultMoments and code not in (0, 1):
        problems.append(f"an error was not translated: exit {code}")
    return problems + broken_later(models)


def start(work: Callable[[], object], store: Path, gate: Path) -> int:
    """Fork a process that works once the gate is there."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        os.environ["BENTOML_HOME"] = str(store)
        while not gate.exists():
            time.sleep(0.001)
        work()
        code = 0
    except BaseException:  # the child must not continue in the caller's code
        traceback.print_exc()
    finally:
        os._exit(code)


def remove_some(models: Path, index: int) -> None:
    """Remove versions again and again: by number, or by how many to keep."""
    registry, dice = Registry(models), random.Random(index)
    for _ in range(6):
        there = registry.numbers()
        try:
            if index % 2:
                prune_versions(registry, dice.randint(1, 3), force=False)
            else:
                remove_versions(registry, dice.sample(there, min(2, len(there))), force=False)
        except VersionError:
            continue  # it is live, or another process was faster


def publish_some(models: Path) -> None:
    """Publish versions one after the other."""
    for _ in range(4):
        run_once(models)


def promote_some(models: Path) -> None:
    """Make one version after the other live, as a promotion does under its lock."""
    for _ in range(20):
        with hold_folder(models, "the attack"):
            append_release(models, "promote", random.choice(numbers(models)))
        time.sleep(random.uniform(0, 0.05))


def race(home: Path) -> list[str]:
    """Let 8 processes remove, 4 publish and one promote; half have a store of their own."""
    models, gate = four_versions(home), home / "go"
    children = [start(partial(promote_some, models), home / "store", gate)]
    for index in range(12):
        store = home / ("store" if index % 4 < 2 else f"stores/{index}")
        work = publish_some if index % 3 == 0 else partial(remove_some, index=index)
        children.append(start(partial(work, models), store, gate))
    gate.touch()
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    problems = [f"a process ended with {code}" for code in codes if code]
    live = read_ledger(models).live
    if live is None or live.version not in numbers(models):
        problems.append("the live version was removed")
    removed = json.loads((models / "removed.json").read_bytes())["highest"]
    highest = max(*numbers(models), removed)
    if highest < 20:
        problems.append(f"20 versions were published, and the highest number is {highest}")
    problems += [f"{path.name} is orphaned" for path in models.glob(".*")]
    os.environ["BENTOML_HOME"] = str(home / "store")
    run_once(models)
    if numbers(models)[-1] <= highest:
        problems.append(f"{numbers(models)[-1]} was given twice")
    return problems + broken_versions(models) + broken_entries(models)


def race_all(_: str, folder: Path, races: int) -> list[str]:
    return [text for index in range(races) for text in race(folder / str(index))]


if __name__ == "__main__":
    run_attack(strike_all, race_all)
