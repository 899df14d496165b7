"""What `numerics: portable` costs against `native`, in training time: ratios of one run.

Trains each model both ways in turn, on breast_cancer (569 × 30) and on 20 000 × 30 rows made
once, and prints the median seconds of fitting and their ratio.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from maas.training.checks.determinism import Numerics, pinned_environment  # noqa: E402

ROUNDS = 3
MODELS = {
    "LogisticRegression": {"max_iter": 200},
    "RandomForestClassifier": {"n_estimators": 50, "n_jobs": -1},
    "HistGradientBoostingClassifier": {"max_iter": 50},
    "MLPClassifier": {"max_iter": 20},
}
TIMED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {project!r})
from maas.config.reading import load_train_config
config = load_train_config(Path({project!r}) / "configs/train_config.yaml", {settings!r})
from maas.training.data import read_dataset
from maas.training.fit.fit import fit
data = read_dataset(config, Path({project!r}))
frame = data.frame()
start = time.perf_counter()
fit(config, data, frame)
print(time.perf_counter() - start)
"""


def seconds(numerics: Numerics, model: str, source: str) -> float:
    """Seconds of one fit, in a process pinned for `numerics`."""
    data = {"source": source, "target": "target"}
    estimator = {"name": model, "params": MODELS[model]}
    settings = [f"data={json.dumps(data)}", f"estimator={json.dumps(estimator)}", "gates={}"]
    code = TIMED.format(project=str(PROJECT), settings=settings)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=pinned_environment(os.environ, numerics),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def write_rows(path: Path) -> None:
    """20 000 rows × 30 numbers and a class."""
    matrix = np.random.default_rng(0).normal(size=(20_000, 30)).round(3)
    label = np.where(matrix[:, :3].sum(axis=1) > 0, "yes", "no")
    rows = [",".join([*map(str, row), y]) for row, y in zip(matrix.tolist(), label, strict=True)]
    header = ",".join([*(f"x{i}" for i in range(30)), "target"])
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def main() -> None:
    """Print a line per model and data set."""
    print(f"{os.cpu_count()} cpus, {ROUNDS} rounds, median seconds")
    print("model                           data          portable  native  ratio")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write_rows(path)
        for model in MODELS:
            for name, source in (("569 x 30", "breast_cancer"), ("20 000 x 30", str(path))):
                taken: dict[Numerics, list[float]] = {"portable": [], "native": []}
                for _ in range(ROUNDS):
                    for numerics, values in taken.items():
                        values.append(seconds(numerics, model, source))
                pinned_s, native_s = (statistics.median(values) for values in taken.values())
                ratio = pinned_s / native_s
                print(f"{model:<31} {name:<12} {pinned_s:9.3f} {native_s:7.3f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
