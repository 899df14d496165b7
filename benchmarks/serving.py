"""This service beside others, in one run: ratios, not figures to carry elsewhere.

Every server answers the same model on the same machine. They run side by side and are
asked one after the other, turn by turn; medians over turns and rounds are compared. Each runs
with one worker and its defaults, and writes its log to a file. This service keeps its whole
contract on: ids, headers, metrics, a log line per request, limits, strict types.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
import time
from contextlib import ExitStack
from operator import itemgetter
from pathlib import Path
from typing import Any

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import PORT, WORK, Running, ServerError, install, make_model, need_wrk  # noqa: E402
from benchmarks.systems import OURS, SYSTEMS, System  # noqa: E402

Found = dict[str, float]


def measure_alone(system: System, python: Path, folder: Path) -> Found:
    """Start-up and memory of one server while no other runs: shared pages would be halved."""
    server = Running(system, python, folder)
    try:
        server.load(16, 1)
        if system.batches:
            server.load(2, 1, batch=1000)
        return {"cold start s": server.cold_start, "MB": server.memory()}
    finally:
        server.stop()


def measure(server: Running, seconds: int) -> Found:
    """One turn of one server."""
    one, many = server.load(1, seconds), server.load(16, seconds)
    found = {
        "req/s at 16": many["rps"],
        "p50 ms at 16": many["p50"],
        "p99 ms at 16": many["p99"],
        "CPU µs": many["cpu"],
        "req/s at 1": one["rps"],
        "p50 ms at 1": one["p50"],
        "p99 ms at 1": one["p99"],
    }
    if server.system.batches:
        found["rows/s in 1000s"] = 1000 * server.load(2, seconds, batch=1000)["rps"]
        time.sleep(0.2)  # what wrk left unanswered is not to meet the next server's turn
    return found


def run_round(
    systems: dict[System, Path], folder: Path, turns: int, seconds: int
) -> dict[str, list[Found]]:
    """Each server alone; then all of them, turn by turn: system -> what each turn found.

    In their turns they run side by side, so that turns lie close together: what else the
    machine does then meets all of them alike. The first of a turn is another each time.
    """
    with ExitStack() as stack:
        alone, servers = {}, []
        for system, python in systems.items():
            alone[system.name] = measure_alone(system, python, folder)
        for place, (system, python) in enumerate(systems.items()):
            servers.append(Running(system, python, folder, PORT + 10 * place))
            stack.callback(servers[-1].stop)
        for server in servers:
            server.load(16, 1)
        found: dict[str, list[Found]] = {name: [] for name in alone}
        for turn in range(turns):
            first = turn % len(servers)
            for server in servers[first:] + servers[:first]:
                name = server.system.name
                found[name].append(measure(server, seconds) | alone[name])
        return found


def summarise(found: dict[str, list[Found]]) -> dict[str, dict[str, Found]]:
    """System -> measure -> median, and the median of its ratios to this service, turn by turn."""
    ours = found[OURS.name]
    return {
        name: {
            key: {
                "median": statistics.median(turn[key] for turn in turns),
                "ratio": statistics.median(
                    own[key] / turn[key] for turn, own in zip(turns, ours, strict=True)
                ),
            }
            for key in turns[0]
        }
        for name, turns in found.items()
    }


def run(systems: dict[System, Path], model: str, rounds: int, turns: int, seconds: int) -> Any:
    """All rounds with one model, summarised; a system that fails is named and left out."""
    folder = make_model(model)
    found: dict[str, list[Found]] = {system.name: [] for system in systems}
    for number in range(rounds):
        try:
            more = run_round(systems, folder, turns, seconds)
        except ServerError as error:
            print(error, file=sys.stderr)
            left = {s: python for s, python in systems.items() if s.name != error.name}
            return run(left, model, rounds, turns, seconds)
        for name in found:
            found[name] += more[name]
        print(f"model {model}: round {number + 1} of {rounds}", file=sys.stderr)
    return summarise(found)


def show(model: str, systems: dict[str, dict[str, Found]], console: Console) -> None:
    """A table of medians and of this service's ratios to them, and a plot of requests/s."""
    keys = list(systems[OURS.name])
    table = Table(f"model {model}", *keys, box=box.MARKDOWN)
    for name, found in systems.items():
        cells = [
            f"{found[key]['median']:,.4g} (×{found[key]['ratio']:.2f})" if key in found else ""
            for key in keys
        ]
        table.add_row(name, *cells)
    console.print(table)
    rates = {name: found["req/s at 16"]["median"] for name, found in systems.items()}
    for name, rate in sorted(rates.items(), key=itemgetter(1), reverse=True):
        console.print(
            f"{name:24}{'█' * max(1, round(60 * rate / max(rates.values())))} {rate:,.0f}"
        )
    console.print()


def stolen() -> float:
    """Seconds that a hypervisor has kept from this machine's cores, where Linux counts them."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def main() -> None:
    """Run what the arguments say; print tables, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", nargs="*", default=[], help="names; all if none")
    parser.add_argument("--models", nargs="*", default=["A", "B"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--turns", type=int, default=12, help="of each server in a round")
    parser.add_argument("--seconds", type=int, default=1, help="of each load in a turn")
    parser.add_argument("--out", type=Path, default=WORK / "serving.json")
    arguments = parser.parse_args()
    need_wrk()
    asked = [
        s for s in SYSTEMS if s is OURS or not arguments.systems or s.name in arguments.systems
    ]
    systems = {system: python for system in asked if (python := install(system))}
    missing = sorted({system.name for system in asked} - {system.name for system in systems})
    started, kept = time.monotonic(), stolen()
    results: dict[str, Any] = {}
    for model in arguments.models:
        results[model] = run(systems, model, arguments.rounds, arguments.turns, arguments.seconds)
        arguments.out.write_text(json.dumps(results, indent=1))
    cores = os.cpu_count() or 1
    machine = {
        "cpu": cpu_name(),
        "cores": cores,
        "python": platform.python_version(),
        "stolen": round((stolen() - kept) / (time.monotonic() - started) / cores, 3),
    }
    document = {
        "machine": machine,
        "date": time.strftime("%Y-%m-%d"),
        "not installed": missing,
        "results": results,
    }
    arguments.out.write_text(json.dumps(document, indent=1))
    for model, found in results.items():
        show(model, found, Console(width=220))
    print("×: this service's figure by theirs, median of turns.", json.dumps(machine))
    print(f"not installed: {', '.join(missing) or 'none'}; written to {arguments.out}")


def cpu_name() -> str:
    """What the processor calls itself, where Linux says it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
