"""Scores damaged Parquet files: `python -m tests.score_fuzz FOLDER FILES SEED`.

Each of the files is a small valid one of which some bytes were changed, inserted or removed. It
is scored in a child process, which must end by itself with exit 0, 1 or 2, one line for an error,
and little memory. What is scored of a file whose pages have checksums is right, if the damage is
in its pages. Prints one JSON document: how many ended with which code, and every broken promise.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from maas.config.paths import PROJECT
from maas.scoring.loaded_model import load_model
from tests.score_attack import VERSION, Scene, make_table, said_wrong, score_once

MOST_BYTES = 900 * 2**20
SECONDS = 30


def write_originals(folder: Path) -> list[Path]:
    """Small files in different forms."""
    folder.mkdir(parents=True)
    table = make_table(300)
    forms: list[dict[str, object]] = [
        {"compression": "none", "use_dictionary": False},
        {"compression": "snappy", "row_group_size": 100},
        {"compression": "zstd", "data_page_version": "2.0"},
        {"compression": "gzip", "use_dictionary": False, "column_encoding": "BYTE_STREAM_SPLIT"},
    ]
    rounded = pa.table(
        {
            "id": table["id"].cast(pa.string()),
            "feature1": np.round(table["feature1"].to_numpy(), 1),
            "feature2": pa.array(
                np.round(table["feature2"].to_numpy(), 1), mask=np.arange(300) == 299
            ),
        }
    )
    paths = []
    for number, form in enumerate(forms):
        for name, data in (("plain", table), ("rounded", rounded)):
            if name == "rounded" and "column_encoding" in form:
                continue
            path = folder / f"{number}-{name}.parquet"
            kwargs = dict(form)
            if "column_encoding" in kwargs:
                kwargs["column_encoding"] = dict.fromkeys(
                    ["feature1", "feature2"], "BYTE_STREAM_SPLIT"
                )
            pq.write_table(data, path, write_page_checksum=True, **kwargs)
            paths.append(path)
    return paths


def change(data: bytes, dice: random.Random) -> tuple[bytes, bool]:
    """Damage a file; whether only its pages are damaged."""
    changed = bytearray(data)
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    start, end = dice.choice(
        [(0, len(data)), (4, footer), (footer, len(data)), (footer, len(data))]
    )
    for _ in range(dice.choice([1, 1, 1, 2, 5])):
        place = dice.randrange(start, end)
        match dice.randrange(6):
            case 0 | 1:
                changed[place] ^= 1 << dice.randrange(8)
            case 2:
                changed[place] = dice.choice([0, 1, 0x7F, 0x80, 0xFF])
            case 3:
                size = min(dice.randrange(1, 9), end - place)
                changed[place : place + size] = bytes([0xFF]) * (size - 1) + bytes([0x7F])
            case 4 if end == len(data):
                del changed[place : place + dice.randrange(1, 100)]
            case _:
                other = dice.randrange(start, end)
                changed[place] = data[other]
        place = end = min(end, len(changed))
        start = min(start, end - 1)
    return bytes(changed), end == footer


def score_damaged(home: Path) -> tuple[int, str, int]:
    """Exit code, stderr and the most bytes of memory."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            signal.alarm(SECONDS)
            os.dup2(os.open(home / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
            code = score_once(home, Scene("x.parquet", "out.parquet"))
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), (home / "stderr").read_text(), usage.ru_maxrss * 1024


def score_in_worker(home: Path) -> tuple[int, str]:
    """Exit code and stderr of the command with two workers."""
    command = [sys.executable, "-m", "maas", "score", "x.parquet", "out.parquet", "--keep", "id"]
    command += ["--workers", "2", "--on-invalid", "quarantine"]
    environ = {**os.environ, "MODELS_DIR": str(VERSION.path.parent), "PYTHONPATH": str(PROJECT)}
    shutil.rmtree(home / ".out.parquet.parts")  # of the job without workers
    done = subprocess.run(
        command, cwd=home, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    lines = done.stderr.splitlines()
    arrow = [line for line in lines if line.startswith(("terminate called", "  what(): "))]
    return done.returncode, "\n".join(line for line in lines if line not in arrow)


def attack(folder: Path, files: int, seed: int) -> Iterator[tuple[int, list[str]]]:
    """Exit code and broken promises, file by file."""
    dice = random.Random(seed)
    originals = write_originals(folder / "originals")
    load_model(str(VERSION.path.absolute()), VERSION.manifest.digest)
    answers = {}
    for path in originals:
        home = folder / path.stem
        home.mkdir()
        shutil.copy(path, home / "x.parquet")
        code, text, _ = score_damaged(home)
        assert code == 0, text
        answers[path] = pq.read_table(home / "out.parquet")
    for number in range(files):
        path, home = dice.choice(originals), folder / str(number)
        home.mkdir()
        data, in_pages = change(path.read_bytes(), dice)
        (home / "x.parquet").write_bytes(data)
        code, text, memory = score_damaged(home)
        if code == -signal.SIGABRT and "size mismatch" in text:
            # Arrow ends the process at such a footer: the command must outlive its worker.
            code, text = score_in_worker(home)
        problems = said_wrong(text, code) if code in (0, 1, 2) else [f"exit {code}"]
        if memory > MOST_BYTES:
            problems.append(f"{memory >> 20} MB")
        if code:
            left = {p.name for p in home.iterdir()} - {"x.parquet", "stderr", ".out.parquet.parts"}
            problems += [f"{name} is left" for name in left]
        elif in_pages and not pq.read_table(home / "out.parquet").equals(answers[path]):
            problems.append("the answers are others")
        yield code, [f"{home}: {problem}" for problem in problems]
        if not problems:
            shutil.rmtree(home)


def main() -> None:
    folder, files, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    found = list(attack(folder, files, seed))
    problems = [text for _, texts in found for text in texts]
    print(json.dumps({"codes": Counter(code for code, _ in found), "problems": problems}))


if __name__ == "__main__":
    main()
