"""`python -m maas score` beside other ways to score the same rows: ratios of one run.

Files: the command with two workers, a bare script with pyarrow and onnxruntime (with the labels
that the graph gives, and with those of the most probable class), a script with pandas and
scikit-learn, and the command on a Dask cluster of two workers of one thread, which was started
before. Each is a whole process, from its start to its end, in turns; the first of a turn is
another each time, and medians over turns are compared. Predictions are compared too.

HTTP: batches as JSON and as Arrow to a real `bentoml serve`, and to FastAPI + onnxruntime.

Memory: the peak of all processes of the command, for a tenth of the rows and for all.
"""

import argparse
import json
import os
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pyarrow.compute as pc
from rich import box
from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks import scoring_http  # noqa: E402
from benchmarks.running import WORK, need_wrk  # noqa: E402
from benchmarks.scoring_data import data_folder, model_folder, read_predictions  # noqa: E402
from benchmarks.scoring_files import (  # noqa: E402
    OUT,
    CommandError,
    commands,
    dask_cluster,
    peak_memory,
    run,
    wait_quiet,
)

Found = dict[str, float]

MUST = {
    ("A", "bare"): 0.85,
    ("B", "bare"): 0.85,
    ("B", "pandas, 1 process"): 3.0,
}
"""What the rows/s of `local` are to be at least, as a multiple of another's."""
MUST_DASK = 0.6
"""What those of Dask are to be, as a multiple of those of `local`."""
MUST_HTTP = {"HTTP JSON": 5.0, "FastAPI, bare lists": 3.0}
MUST_MB = 900


def compare_files(model: str, rows: int, turns: int, with_dask: bool) -> dict[str, Any]:
    """All contenders with one model, in turns: contender -> medians, ratios, agreement."""
    source, folder = data_folder(model, rows), model_folder(model)
    left_out: dict[str, str] = {}
    with ExitStack() as stack:
        scheduler, cluster = (None, [])
        if with_dask:
            scheduler, cluster = stack.enter_context(dask_cluster())
        entries = commands(source, folder, scheduler)
        found: dict[str, list[Found]] = {name: [] for name in entries}
        first = None
        for turn in range(turns):
            names = list(entries)
            at = turn % len(names)
            for name in names if turn == 0 else names[at:] + names[:at]:
                wait_quiet()
                helpers = cluster if name == "Dask" else []
                try:
                    taken = run(entries[name], folder, helpers)
                except CommandError as error:
                    left_out[name] = str(error)
                    del entries[name], found[name]
                    continue
                if turn == 0:
                    predictions = read_predictions(OUT)
                    first = predictions if first is None else first
                    agree = pc.mean(pc.equal(predictions.combine_chunks(), first.combine_chunks()))
                    taken["agree"] = agree.as_py()
                rates = {"rows/s": rows / taken["s"], "rows/CPU s": rows / taken["CPU s"]}
                found[name].append(taken | rates)
                print(f"{model}: turn {turn + 1}: {name}: {taken['s']:.1f} s", file=sys.stderr)
    return {"rows": rows, "left out": left_out, "found": summarise(found, "local", MUST, model)}


def summarise(
    found: dict[str, list[Found]], ours: str, must: dict[Any, float], model: str = ""
) -> dict[str, Found]:
    """Medians over turns, and the median ratio of our rates to theirs.

    That of rows per CPU second moves less with what else the machine does.
    """
    summary = {}
    for name, turns in found.items():
        keys = [key for key in turns[-1] if key != "agree"]
        line = {key: statistics.median(turn[key] for turn in turns) for key in keys}
        line |= {key: turns[0][key] for key in turns[0] if key == "agree"}
        for key in (key for key in keys if key.startswith("rows/")):
            pairs = zip(found[ours], turns, strict=True)
            ratio = statistics.median(own[key] / their[key] for own, their in pairs)
            line["× " + key.removeprefix("rows/")] = ratio
        target = must.get((model, name) if model else name)
        if name == "Dask":  # the other way round
            target = round(1 / MUST_DASK, 3)
        summary[name] = line | ({"must": target} if target else {})
    return summary


def show(title: str, found: dict[str, Found], console: Console) -> None:
    """A table of medians and of ratios, with what must be reached beside."""
    keys = list(dict.fromkeys(key for line in found.values() for key in line if key != "must"))
    table = Table(title, *keys, "must reach", box=box.MARKDOWN)
    for name, line in found.items():
        sign = "<=" if name == "Dask" else ">="
        must = f"{sign} {line['must']}" if "must" in line else ""
        cells = [f"{line[key]:,.4g}" if key in line else "" for key in keys]
        table.add_row(name, *cells, must)
    console.print(table)
    console.print()


def compare_memory(rows: int) -> dict[str, Found]:
    """Peaks of `local` on LR-30 for a tenth of the rows and for all."""
    folder = model_folder("LR-30")
    found = {}
    for count in (rows // 10, rows):
        entry = commands(data_folder("LR-30", count), folder, None)["local"]
        found[f"{count:,} rows"] = peak_memory(entry, folder)
    return found


def main() -> None:
    """Run what the arguments say; print tables, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["A", "B", "LR-30", "http", "memory"])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rows-b", type=int, default=3_000_000, help="of model B, which is slower")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--http-turns", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=4, help="of each load over HTTP")
    parser.add_argument("--no-dask", action="store_true", help="leave Dask out")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = parser.parse_args()
    if "http" in given.parts:
        need_wrk()
    WORK.mkdir(parents=True, exist_ok=True)
    began, results = time.monotonic(), {}
    console = Console(width=200, quiet=given.json)
    for part in given.parts:
        match part:
            case "http":
                turns, left_out = scoring_http.compare(given.http_turns, given.seconds)
                found = summarise(turns, "HTTP Arrow", MUST_HTTP)
                results[part] = {"left out": left_out, "found": found}
                show("LR-30 over HTTP", found, console)
            case "memory":
                results[part] = compare_memory(given.rows)
                for line in results[part].values():
                    line["must"] = MUST_MB
                show_memory(results[part], console)
            case _:
                rows = given.rows_b if part == "B" else given.rows
                results[part] = compare_files(part, rows, given.turns, not given.no_dask)
                show(f"{part}, {rows:,} rows", results[part]["found"], console)
                for name, why in results[part]["left out"].items():
                    console.print(f"{name} is left out: {why}\n")
    results["machine"] = {
        "cores": os.cpu_count(),
        "load at the end": psutil.getloadavg()[0],
        "minutes": round((time.monotonic() - began) / 60, 1),
    }
    console.print("×: the rate of the first line by theirs, median of turns.", results["machine"])
    if given.json:
        print(json.dumps(results, indent=1))


def show_memory(found: dict[str, Found], console: Console) -> None:
    """A table of peaks."""
    table = Table("LR-30, all processes", "MB PSS", "MB RSS", "must", box=box.MARKDOWN)
    for name, line in found.items():
        table.add_row(
            name, f"{line['MB PSS']:.0f}", f"{line['MB RSS']:.0f}", f"<= {line['must']:.0f}, flat"
        )
    console.print(table)
    console.print()


if __name__ == "__main__":
    main()
