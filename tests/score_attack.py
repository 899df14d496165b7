"""Scores files in child processes that die, or whose disk fails, at a chosen moment.

`python -m tests.score_attack kill|fault FOLDER STEP` strikes at every STEPth moment of jobs from
Parquet and CSV onto a folder, a Parquet file and a CSV file, with invalid rows, and starts each
again. Prints one JSON document, as `tests/fault_injection.py` does, which explains the moments;
here the calls of Parquet's writer are moments too.
"""

import json
import os
import random
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import maas.scoring.parts
from maas.commands.terminal import run_command
from maas.config.paths import PROJECT
from maas.registry.registry import Registry
from maas.scoring.loaded_model import load_model
from maas.scoring.plan import Request
from maas.scoring.run import score
from tests.fault_injection import (
    FAULTS,
    FaultMoments,
    KillMoments,
    Moments,
    in_child,
    run_attack,
)
from tests.scoring.inline import InlineEngine

VERSION = Registry(PROJECT / "models").open(1)
WRITER: set[CodeType] = {
    pq.ParquetWriter.__init__.__code__,
    pq.ParquetWriter.write_table.__code__,
    pq.ParquetWriter.close.__code__,
}


class ScoreMoments(Moments):
    """A moment is a call of the writer, too."""

    def __call__(self, frame: object, event: str, function: object) -> None:
        if event == "call" and isinstance(frame, FrameType) and frame.f_code in WRITER:
            self.count += 1
            if self.count == self.target:
                self.strike()
        else:
            super().__call__(frame, event, function)


class KillScoring(ScoreMoments, KillMoments):
    pass


class FailScoring(ScoreMoments, FaultMoments):
    pass


MOMENTS: dict[type[Moments], type[Moments]] = {KillMoments: KillScoring, FaultMoments: FailScoring}


def make_table(rows: int, seed: int = 0, invalid: int = 0) -> pa.Table:
    """Rows for v1 of the project, some of them invalid, with a column `id`."""
    dice = np.random.default_rng(seed)
    first, second = dice.uniform(1, 7, rows), dice.uniform(0, 2.5, rows)
    first[dice.permutation(rows)[:invalid]] = np.nan
    return pa.table({"id": np.arange(rows), "feature1": first, "feature2": second})


def write_table(path: Path, table: pa.Table, group: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=group)
    return path


@dataclass(frozen=True)
class Scene:
    """A job: what is scored, and where the answers go."""

    source: str
    target: str


SCENES = (
    Scene("in", "out"),
    Scene("in/a.parquet", "out.parquet"),
    Scene("in/a.parquet", "out.csv"),
    Scene("rows.csv", "out"),
)


def write_input(home: Path) -> None:
    write_table(home / "in/a.parquet", make_table(90, 1, invalid=3), 30)
    write_table(home / "in/b.parquet", make_table(0))
    write_table(home / "in/sub/c.parquet", make_table(20, 2, invalid=2))
    pa.csv.write_csv(make_table(50, 3, invalid=2), home / "rows.csv")


def score_once(home: Path, scene: Scene) -> int:
    """Score in this process, with one line on stderr for an error, as the command does."""
    request = Request(
        source=str(home / scene.source),
        target=home / scene.target,
        probabilities=True,
        keep=("id",),
        on_invalid="quarantine",
    )

    def work() -> int:
        with InlineEngine() as engine:
            score(VERSION, request, engine)
        return 0

    return run_command(work)


def written(home: Path, inside: str = "out") -> dict[str, bytes]:
    """What is in the output, but for the time that it took."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if not path.is_file() or not name.lstrip(".").startswith(inside):
            continue
        data = path.read_bytes()
        if name.endswith("score.json"):
            record = json.loads(data)
            data = json.dumps({**record, "seconds": 0, "workers": 0, "engine": ""}).encode()
        found[name] = data
    return found


def is_part(name: str) -> bool:
    """Whether a file is one of those that a job removes at its end."""
    refused = "/_invalid." in name and not name.endswith("/_invalid.parquet")
    return ".parts/" in name or name.endswith("_job.json") or refused


def broken_now(home: Path, clean: dict[str, bytes]) -> list[str]:
    """What a reader must never see, whenever it looks."""
    found = {n: d for n, d in written(home).items() if "/.maas-" not in f"/{n}"}
    problems = [
        f"{name} is not as in one run"
        for name in clean.keys() & found.keys()
        if clean[name] != found[name]
    ]
    for name in found.keys() - clean.keys():
        if not is_part(name):
            problems.append(f"{name} is there")
        elif name.endswith(".parquet"):
            try:
                pq.read_table(pa.BufferReader(found[name]))
            except pa.ArrowException as error:
                problems.append(f"{name} is not whole: {error}")
    if "out/_score.json" in found and clean.keys() - found.keys():
        problems.append("a job is finished, and lacks files")
    return problems


def said_wrong(text: str, code: int) -> list[str]:
    """What is wrong with the lines on stderr: an error is one, the last."""
    errors = [line.startswith("error: ") for line in text.splitlines()]
    wrong = sum(errors) != (code > 0) or (code > 0 and not errors[-1])
    if "Traceback" in text or "unexpectedly" in text or wrong:
        return [f"exit {code} with {text!r}"]
    return []


def run_child(home: Path, scene: Scene, moments: Moments | None = None) -> tuple[int, str]:
    """Score in a child; its exit code and stderr."""

    def work() -> int:
        handle = os.open(home / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 2)
        if moments is not None:
            sys.setprofile(moments)
        code = score_once(home, scene)
        sys.setprofile(None)
        if moments is not None:
            (home / "count").write_text(str(moments.count))
        return code

    code = in_child(work)
    return code, (home / "stderr").read_text()


def strike_all(kind: type[Moments], folder: Path, step: int) -> tuple[int, list[str]]:
    struck, problems = 0, []
    maas.scoring.parts._MIN_ROWS = 30
    load_model(str(VERSION.path.absolute()), VERSION.manifest.digest)  # once, for all children
    for scene in SCENES:
        name = f"{scene.source}-{scene.target}".replace("/", "-")
        home = folder / name / "clean"
        write_input(home)
        code, text = run_child(home, scene, MOMENTS[kind](None, lambda: None))
        assert code == 0, text
        clean, total = written(home), int((home / "count").read_text())
        for moment in range(1 + random.randrange(step), total + 1, step):
            for error in FAULTS if kind is FaultMoments else (None,):
                home = folder / name / f"{moment}-{error}"
                write_input(home)
                found = strike_once(kind, home, scene, moment, error, clean)
                problems += [f"{name} {moment} {error}: {text}" for text in found]
                struck += 1
                if not found:
                    shutil.rmtree(home)
    return struck, problems


def strike_once(
    kind: type[Moments],
    home: Path,
    scene: Scene,
    moment: int,
    error: int | None,
    clean: dict[str, bytes],
) -> list[str]:
    def strike() -> None:
        if error is None:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(error, os.strerror(error))

    code, text = run_child(home, scene, MOMENTS[kind](moment, strike))
    problems = broken_now(home, clean)
    if kind is KillMoments and code != -signal.SIGKILL:
        problems.append(f"the child was to be killed and ended with {code}")
    if kind is FaultMoments:
        problems += said_wrong(text, code)
        if code not in (0, 1, 2):
            problems.append(f"exit {code}")
        elif code == 0 and written(home) != clean:
            left = written(home)
            problems.append(f"a finished job has {left.keys() ^ clean.keys()}")
    code, text = run_child(home, scene)
    if code:
        problems.append(f"the next run fails with {code}: {text}")
    elif written(home) != clean:
        now = written(home)
        differ = [name for name in now.keys() & clean.keys() if now[name] != clean[name]]
        problems.append(f"the next run leaves {now.keys() ^ clean.keys()}, {differ}")
    return problems


def no_races(kind: str, _folder: Path, _number: int) -> list[str]:
    raise SystemExit(f"{kind}: not known")


if __name__ == "__main__":
    run_attack(strike_all, no_races)
