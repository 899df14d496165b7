"""What counting for drift costs, how often equal rows alarm, and how often a shift is found.

`make bench-drift` prints ratios of one run. The cost is measured in turns of single rows and of
batches through the endpoints of a service of 30 features, with and without counting; the looks are
simulated as the service counts: a new training set and new rows for each.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

FEATURES, HALF = 30, 0.5
MAX_DRAWN = 20_000
"""Of more rows the counts are drawn, not the rows."""
TRAINING_ROWS = (120, 400, 1000, 20_000)


def measure_cost(turns: int) -> None:
    """Print the CPU per row with counting, as a ratio of that without."""
    from maas.registry.registry import Registry
    from maas.serving.served_version import make_endpoints
    from tests.serving.versions import make_service

    folder = Path(tempfile.mkdtemp())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    options = [
        "--set", "model_name=bench_drift", "--set", "data.source=breast_cancer",
        "--set", "data.features=null", "--set", "data.target=target", "--set", "gates={}",
    ]  # fmt: skip
    own = {"MODELS_DIR": str(folder / "models"), "BENTOML_HOME": str(folder / "store")}
    command = [sys.executable, str(PROJECT / "train.py"), *options]
    subprocess.run(command, env=os.environ | own, check=True, capture_output=True)
    version = Registry(folder / "models").open(1)
    service = make_service(version)
    instance = service.inner()
    endpoints, predictor = make_endpoints(service, instance), instance.predictor
    example, drift = version.manifest.signature.example, predictor.drift

    async def turn(route: str, body: bytes, calls: int) -> float:
        began = time.process_time()
        for _ in range(calls):
            await endpoints[route].respond(body)
        return time.process_time() - began

    async def compare(route: str, body: bytes, calls: int) -> float:
        ratios = []
        for place in range(turns):
            seconds = {}
            for counted in (True, False) if place % 2 else (False, True):
                predictor.drift = drift if counted else None
                predictor._metrics.ranges_later = counted
                seconds[counted] = await turn(route, body, calls)
            ratios.append(seconds[True] / seconds[False])
        return statistics.median(ratios)

    ratio = asyncio.run(compare("/predict", json.dumps(example).encode(), 1024))
    print(f"a single row: {ratio:.3f} x the CPU without counting")
    for rows in (100, 1000):
        body = json.dumps({"rows": [example] * rows}).encode()
        ratio = asyncio.run(compare("/predict_batch", body, 20_000 // rows))
        print(f"a batch of {rows}: {ratio:.3f} x", flush=True)


def look(random: np.random.Generator, training_rows: int, rows: int, shift: float) -> bool:
    """Whether rows, the first feature of which is shifted, are called a drift."""
    from tests.drift.references import judge_of

    training = random.normal(size=(training_rows, FEATURES))
    judge = judge_of(training)
    if rows > MAX_DRAWN:
        return (
            judge.judge(judge.bins.from_json(draw_counts(random, training, rows))).verdict
            == "drift"
        )
    part = random.normal(size=(rows, FEATURES))
    part[:, 0] += shift
    return judge.look(part, random.integers(0, 3, rows)).verdict == "drift"


def draw_counts(random: np.random.Generator, training: Any, rows: int) -> dict[str, Any]:
    """The counts of so many equal rows, drawn as such: each row falls into a bin by itself."""
    features = {}
    for place in range(FEATURES):
        edges = np.histogram_bin_edges(training[:, place], bins=20)
        below, *inside, above = np.diff([0, *map(NormalDist().cdf, edges), 1])
        drawn = random.multinomial(rows, [below, *inside, above]).tolist()
        features[f"f{place}"] = {
            "counts": drawn[1:-1], "below": drawn[0], "above": drawn[-1], "nulls": 0
        }  # fmt: skip
    answers = random.multinomial(rows, [1 / 3] * 3).tolist()
    return {
        "rows": rows,
        "features": features,
        "prediction": {"counts": dict(zip("abc", answers, strict=True))},
    }


def simulate(looks: int) -> None:
    """Print the shares of looks at which equal rows alarm, and at which shifted ones are found."""
    random = np.random.default_rng(1)
    for training_rows in TRAINING_ROWS:
        for rows in (200, 2000, 200_000):
            alarms = sum(look(random, training_rows, rows, 0) for _ in range(looks))
            print(f"{training_rows} training rows, {rows} equal rows: {alarms} of {looks} alarm")
        found = sum(look(random, training_rows, 2000, HALF) for _ in range(looks))
        shift = f"2000 rows with one of {FEATURES} features shifted by half an sd"
        print(f"{training_rows} training rows, {shift}: {found / looks:.1%} found", flush=True)


def uniform(values: int) -> Any:
    """Shares of so many equally frequent values."""
    return np.full(values, 1 / values)


def zipf(values: int) -> Any:
    """Shares in proportion to 1, 1/2, 1/3 and so on."""
    shares = 1 / np.arange(1, values + 1)
    return shares / shares.sum()


def simulate_categories(looks: int) -> None:
    """Print how often equal rows alarm, and training rows that come again, and shifts are found."""
    from tests.drift.category_looks import CategoryLook, ClassLook

    random = np.random.default_rng(1)
    ranks = np.arange(50, 0, -1) / 1275
    five = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    equal = [
        ("50 equally frequent categories", CategoryLook(uniform(50), 400)),
        ("the same in each of 30 features", CategoryLook(uniform(50), 400, features=30)),
        ("50 equally frequent categories", CategoryLook(uniform(50), 1000)),
        ("100 equally frequent categories", CategoryLook(uniform(100), 1000)),
        ("300 equally frequent categories", CategoryLook(uniform(300), 5000)),
        ("1000 equally frequent categories", CategoryLook(uniform(1000), 20_000)),
        ("1500, unseen ones ignored", CategoryLook(uniform(1500), 8000, "ignore")),
        ("200 categories, Dirichlet(3)", CategoryLook(random.dirichlet(np.full(200, 3.0)), 1500)),
        ("300 categories, Zipf", CategoryLook(zipf(300), 2000)),
        ("300, Zipf, unseen ones ignored", CategoryLook(zipf(300), 2000, "ignore")),
        ("3000, Zipf, unseen ones ignored", CategoryLook(zipf(3000), 2000, "ignore")),
        ("26 predicted classes", ClassLook(uniform(26), 400)),
        ("100 predicted classes", ClassLook(uniform(100), 400)),
        ("1000 predicted classes", ClassLook(uniform(1000), 2000)),
    ]
    for name, drawn in equal:
        alarms: Counter[str] = Counter()
        for _ in range(looks):
            drawn.train(random)
            for rows in (200, 2000, 20_000):
                alarms[f"{rows} rows"] += drawn.alarms(drawn.draw(random, rows))
            alarms["the training rows"] += drawn.alarms(drawn.counted)
            alarms["2000 drawn from them"] += drawn.alarms(drawn.draw_again(random, 2000))
        print(f"{name}, {drawn.training_rows} rows: of {looks} alarm {dict(alarms)}", flush=True)
    rising = np.concatenate((np.full(1, 0.1), np.full(299, 0.9 / 299)))
    shifted = [
        ("one of 5 loses 15 points", five, np.array([0.15, 0.4, 0.2, 0.15, 0.1]), 1000),
        (
            "one of 5 loses 15 points to the others",
            five,
            np.array([0.15, 0.2875, 0.2375, 0.1875, 0.1375]),
            1000,
        ),
        ("one of 300 rises to a tenth", uniform(300), rising, 5000),
        ("Zipf of 300 becomes equal", zipf(300), uniform(300), 2000),
        ("50 shares from 4 to 0.1 % reversed", ranks, ranks[::-1], 1000),
        ("300: each second doubles", uniform(300), np.tile([1 / 450, 2 / 450], 150), 5000),
    ]
    for name, before, after, training_rows in shifted:
        found, look = 0, CategoryLook(before, training_rows)
        for _ in range(looks):
            look.train(random)
            found += look.alarms(look.draw(random, 2000, after))
        print(f"{name}, {training_rows} training rows, 2000 rows: {found / looks:.1%}", flush=True)


def main() -> None:
    """Measure the cost, then simulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--looks", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--categories", action="store_true", help="only the looks of categories")
    arguments = parser.parse_args()
    if not arguments.categories:
        measure_cost(arguments.turns)
        simulate(arguments.looks)
    simulate_categories(arguments.looks)


if __name__ == "__main__":
    main()
