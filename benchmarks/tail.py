"""What the median hides: single rows beside large batches, and memory over ten minutes."""

import argparse
import json
import sys
import threading
import time
import urllib.request
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import PORT, Running, install, make_model, need_wrk  # noqa: E402
from benchmarks.systems import OURS, SYSTEMS, System  # noqa: E402


def send_batches(system: System, rows: list[dict[str, float]], until: threading.Event) -> None:
    """Send one batch after the other, from a thread."""
    path, body = system.request(rows * 10_000, batch=True)
    headers = {"Content-Type": "application/json"}
    while not until.is_set():
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", body, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            answer.read()


def beside_batches(model: str, seconds: int) -> None:
    """p99 of single rows at 4 connections, alone and while batches of 10 000 rows are scored."""
    folder = make_model(model)
    for system in (OURS, next(s for s in SYSTEMS if s.name == "FastAPI + onnxruntime")):
        python = install(system)
        if python is None:
            continue
        server = Running(system, python, folder)
        try:
            server.load(4, 1)
            alone = server.load(4, seconds)
            until = threading.Event()
            sender = threading.Thread(target=send_batches, args=(system, server.rows, until))
            sender.start()
            beside = server.load(4, seconds)
            until.set()
            sender.join()
        finally:
            server.stop()
        found = {"model": model, "system": system.name, "alone": alone, "beside batches": beside}
        print(json.dumps(found), flush=True)


def soak(minutes: float) -> None:
    """Load for minutes; resident memory of all processes every half minute."""
    folder = make_model("A")
    server = Running(OURS, Path(sys.executable), folder)
    processes = [psutil.Process(server.process.pid)]
    processes += processes[0].children(recursive=True)
    sizes = []
    try:
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            rate = server.load(16, 20)["rps"]
            server.load(2, 8, batch=1000)
            sizes.append(sum(process.memory_info().rss for process in processes) / 1e6)
            print(f"{len(sizes) / 2:.1f} min  {sizes[-1]:.1f} MB  {rate:.0f} req/s", flush=True)
    finally:
        server.stop()
    later = sizes[2:]
    print(json.dumps({"MB after a minute": later[0], "growth MB": max(later) - later[0]}))


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=int, default=8)
    arguments = parser.parse_args()
    need_wrk()
    for model in "AB":
        beside_batches(model, arguments.seconds)
    soak(arguments.minutes)


if __name__ == "__main__":
    main()
