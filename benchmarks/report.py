"""What report.json costs: seconds of a build, those of its report, and the share it adds.

`python benchmarks/report.py [--rows N …] [--columns N …] [--estimators NAME …]`: a build each, of
normal numbers and a noisy linear target of two classes, in one process under the pins.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from maas.training.checks.determinism import pin_process  # noqa: E402

PARAMS = {"RandomForestClassifier": {"n_estimators": 25, "max_depth": 16}}
"""A forest of whole trees on a million rows takes an hour here."""


def measure(rows: int, columns: int, name: str) -> dict[str, object]:
    """Build once, and time the report in it."""
    import numpy as np
    import pyarrow as pa

    from maas.config.train_config import TrainConfig
    from maas.training import run
    from maas.training.data import make_dataset

    generator = np.random.default_rng(7)
    data = generator.normal(size=(rows, columns)).round(4)
    noise = generator.normal(size=rows) * 2
    target = (data @ generator.normal(size=columns) + noise > 0).astype(int)
    table = pa.table({f"x{place}": data[:, place] for place in range(columns)} | {"y": target})
    content = {
        "model_name": "bench",
        "data": {"source": "table", "target": "y"},
        "estimator": {"name": name, "params": PARAMS.get(name, {})},
    }
    config = TrainConfig.model_validate(content)
    taken = []
    make_report = run.make_report

    def timed(*args: object) -> object:
        started = time.perf_counter()
        made = make_report(*args)  # type: ignore[arg-type]
        taken.append(time.perf_counter() - started)
        return made

    run.make_report = timed  # type: ignore[assignment]
    try:
        started = time.perf_counter()
        run.build(config, make_dataset(config, table))
        total = time.perf_counter() - started
    finally:
        run.make_report = make_report
    found = {"build": round(total, 2), "report": round(taken[0], 2)}
    share = round(taken[0] / (total - taken[0]), 4)
    return {"rows": rows, "columns": columns, "estimator": name, "seconds": found, "share": share}


def main() -> None:
    """Print a line for each."""
    names = ["LogisticRegression", "HistGradientBoostingClassifier", "RandomForestClassifier"]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--columns", type=int, nargs="*", default=[10, 30])
    parser.add_argument("--estimators", nargs="*", default=names)
    arguments = parser.parse_args()
    pin_process("portable")
    warnings.simplefilter("ignore")
    for name in arguments.estimators:
        for rows in arguments.rows:
            for columns in arguments.columns:
                print(json.dumps(measure(rows, columns, name)), flush=True)


if __name__ == "__main__":
    main()
