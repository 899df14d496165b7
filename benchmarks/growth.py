"""How the cost of an answer grows: with features, with trees, with rows per batch, with workers.

CPU µs are the server's own, over all its processes: they depend less than requests/s on what
else the machine does.
"""

import argparse
import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import WORK, Running, make_model, need_wrk  # noqa: E402
from benchmarks.systems import OURS  # noqa: E402
from benchmarks.training import write_table  # noqa: E402

FEATURES = (2, 10, 30, 100, 300)
TREES = (10, 30, 100, 300, 1000)
BATCHES = (1, 10, 100, 1000, 10_000)
WORKERS = (1, 2)


def with_features(number: int) -> Path:
    """Logistic regression on so many numbers."""
    table = WORK / f"features-{number}.csv"
    if not table.exists():
        write_table(table, 2000, number)
    options = [
        "--set", f"model_name=features_{number}", "--set", f"data.source={table}",
        "--set", "data.features=null", "--set", "data.target=y", "--set", "gates={}",
    ]  # fmt: skip
    return make_model(f"features-{number}", options)


def with_trees(number: int) -> Path:
    """A forest of so many trees on breast_cancer's 30 numbers."""
    forest = f"{{name: RandomForestClassifier, params: {{n_estimators: {number}}}}}"
    options = [
        "--set", f"model_name=trees_{number}", "--set", "data.source=breast_cancer",
        "--set", "data.features=null", "--set", "data.target=target",
        "--set", f"estimator={forest}", "--set", "gates={}",
    ]  # fmt: skip
    return make_model(f"trees-{number}", options)


def measure(
    folder: Path, seconds: int, batch: int = 0, workers: int = 1, connections: int = 16
) -> dict[str, float]:
    """One server, one load."""
    server = Running(OURS, Path(sys.executable), folder, extra={"WORKERS": str(workers)})
    try:
        server.load(connections, 1, batch=batch)
        return server.load(connections, seconds, batch=batch)
    finally:
        server.stop()


def main() -> None:
    """Print a table for each of the four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    seconds = parser.parse_args().seconds
    need_wrk()
    console = Console(width=120)

    def show(of: str, found: dict[int, dict[str, float]], rows: str = "requests/s") -> None:
        table = Table(of, rows, "CPU µs per row", "p99 ms", box=box.MARKDOWN)
        for number, one in found.items():
            per_row = number if of == "rows per batch" else 1
            figures = (one["rps"] * per_row, one["cpu"] / per_row, one["p99"])
            table.add_row(f"{number:,}", *(f"{figure:,.4g}" for figure in figures))
        console.print(table)

    show("features", {n: measure(with_features(n), seconds) for n in FEATURES})
    show("trees", {n: measure(with_trees(n), seconds) for n in TREES})
    batches = {n: measure(make_model("B"), seconds, n, connections=2) for n in BATCHES}
    show("rows per batch", batches, "rows/s")
    show("workers", {n: measure(make_model("B"), seconds, workers=n) for n in WORKERS})


if __name__ == "__main__":
    main()
