"""This service beside others, in one run: ratios, not figures to carry elsewhere.

Every server answers the same model on the same machine, one at a time, in interleaved
rounds; medians are compared. Each runs with one worker and its defaults, and writes its log to
a file. This service keeps its whole contract on: ids, headers, metrics, a log line per request,
limits, strict types.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import WORK, Running, install, make_model  # noqa: E402
from benchmarks.systems import OURS, SYSTEMS, System  # noqa: E402


def measure(system: System, python: Path, folder: Path, seconds: float) -> dict[str, float]:
    """One round of one system."""
    server = Running(system, python, folder)
    try:
        server.load(16, 1)
        one, many = server.load(1, seconds), server.load(16, seconds)
        found = {
            "cold start s": server.cold_start,
            "req/s at 1": one["rps"],
            "p50 ms at 1": one["p50"],
            "p99 ms at 1": one["p99"],
            "req/s at 16": many["rps"],
            "p50 ms at 16": many["p50"],
            "p99 ms at 16": many["p99"],
            "MB": server.memory(),
        }
        if system.batches:
            server.load(2, 1, batch=1000)
            found["rows/s in 1000s"] = 1000 * server.load(2, seconds, batch=1000)["rps"]
        return found
    finally:
        server.stop()


def run(names: list[str], models: list[str], rounds: int, seconds: float) -> dict[str, Any]:
    """All rounds: model -> system -> measure -> median."""
    systems = [s for s in SYSTEMS if not names or s.name in names]
    pythons = {system.name: install(system) for system in systems}
    results: dict[str, Any] = {}
    for model in models:
        folder = make_model(model)
        found: dict[str, list[dict[str, float]]] = {system.name: [] for system in systems}
        for turn in range(rounds):
            for system in systems:
                python = pythons[system.name]
                if python is None:
                    print(f"{system.name} does not install here", file=sys.stderr)
                    continue
                try:
                    found[system.name].append(measure(system, python, folder, seconds))
                    print(f"{model} round {turn + 1}: {system.name}", file=sys.stderr)
                except (RuntimeError, subprocess.SubprocessError) as error:
                    print(f"{model} {system.name}: {str(error)[:300]}", file=sys.stderr)
        results[model] = {
            name: {key: statistics.median(r[key] for r in runs) for key in runs[0]}
            for name, runs in found.items()
            if runs
        }
    return results


def show(results: dict[str, Any], console: Console) -> None:
    """Tables of figures, each with its ratio to this service, and a plot of requests/s."""
    for model, systems in results.items():
        ours = systems[OURS.name]
        table = Table("model " + model, *ours, box=None)
        for name, found in systems.items():
            cells = [
                f"{found[key]:,.4g} ({found[key] / ours[key]:.2f})" if key in found else "-"
                for key in ours
            ]
            table.add_row(name, *cells)
        console.print(table)
        most = max(found["req/s at 16"] for found in systems.values())
        for name, found in systems.items():
            width = round(60 * found["req/s at 16"] / most)
            console.print(f"{name:24}{'█' * max(width, 1)} {found['req/s at 16']:,.0f}")
        console.print()


def main() -> None:
    """Run what the arguments say; print tables, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", nargs="*", default=[], help="names; all if none")
    parser.add_argument("--models", nargs="*", default=["A", "B"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--out", type=Path, default=WORK / "serving.json")
    arguments = parser.parse_args()
    results = run(arguments.systems, arguments.models, arguments.rounds, int(arguments.seconds))
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    document = {"machine": machine, "date": time.strftime("%Y-%m-%d"), "results": results}
    arguments.out.write_text(json.dumps(document, indent=1))
    show(results, Console(width=200))
    print(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
