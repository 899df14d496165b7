"""What train.py adds to a bare scikit-learn script with the same fit: seconds and their ratio.

All read the same file, split, fit the same estimator on the same rows under the same pins,
measure and save: scaler and logistic regression, the cheapest fit there is, and gradient
boosting. One bare script reads by pandas, as most do, and one by Arrow on all cores, as train.py
does. train.py also checks types, exports to ONNX, compares the answers, describes the data, and
publishes a version into `models/` and the BentoML store.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from maas.training.checks.determinism import pinned_environment  # noqa: E402

READ = {
    "pandas": """
import pandas
table = pandas.read_csv(sys.argv[1])
target = table.pop("y").to_numpy()
rows = table.to_numpy()
""",
    "Arrow": """
import pyarrow, pyarrow.csv
pyarrow.set_cpu_count(os.cpu_count())
table = pyarrow.csv.read_csv(sys.argv[1])
target = table["y"].to_numpy()
rows = np.column_stack([table[name].to_numpy() for name in table.column_names if name != "y"])
""",
}

ESTIMATORS = {
    "{name: LogisticRegression, params: {max_iter: 200}}": """
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
""",
    "{name: HistGradientBoostingClassifier}": """
from sklearn.ensemble import HistGradientBoostingClassifier
model = HistGradientBoostingClassifier(random_state=42)
""",
}
"""As train.py's config has it, and as a bare script does."""

BARE = """
import os, sys
import joblib
import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from sklearn.model_selection import train_test_split
{read}
{estimator}
train, test, train_y, test_y = train_test_split(
    rows, target, test_size=0.2, stratify=target, random_state=42
)
model.fit(train, train_y)
answers = model.predict(test)
print(accuracy_score(test_y, answers), balanced_accuracy_score(test_y, answers))
print(f1_score(test_y, answers, average="macro"))
joblib.dump(model, sys.argv[2])
"""


def write_table(path: Path, rows: int, columns: int = 30) -> None:
    """A CSV of normal numbers and a noisy linear target of two classes."""
    rng = np.random.default_rng(7)
    data = rng.normal(size=(rows, columns)).round(4)
    target = (data @ rng.normal(size=columns) + rng.normal(size=rows) * 2 > 0).astype(int)
    table = {f"x{index}": data[:, index] for index in range(columns)} | {"y": target}
    pyarrow.csv.write_csv(pa.table(table), path)


def seconds(command: list[str], folder: Path) -> float:
    """How long a command takes, in a process of its own, under the pins."""
    own = {"MODELS_DIR": str(folder / "models"), "BENTOML_HOME": str(folder / "bentoml")}
    environ = pinned_environment(os.environ, "portable") | own
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environ, cwd=PROJECT)
    return time.perf_counter() - started


def compare(folder: Path, rows: int, estimator: str, rounds: int) -> dict[str, object]:
    """Run all in turn; medians of seconds and of ratios."""
    table = folder / f"{rows}.csv"
    if not table.exists():
        write_table(table, rows)
    ours = [
        sys.executable, "train.py", "--set", "model_name=bench",
        "--set", f"data.source={table}", "--set", "data.target=y",
        "--set", "data.features=null", "--set", "gates={}", "--set", f"estimator={estimator}",
    ]  # fmt: skip
    bare = {
        name: BARE.format(read=read, estimator=ESTIMATORS[estimator]) for name, read in READ.items()
    }
    commands = {"train.py": ours} | {
        name: [sys.executable, "-c", script, str(table), str(folder / "bare.joblib")]
        for name, script in bare.items()
    }
    taken = [
        {name: seconds(command, folder) for name, command in commands.items()}
        for _ in range(rounds)
    ]
    found = {name: round(statistics.median(t[name] for t in taken), 2) for name in commands}
    ratios = {
        name: round(statistics.median(t["train.py"] / t[name] for t in taken), 2) for name in READ
    }
    return {"rows": rows, "estimator": estimator, "seconds": found, "train.py by bare": ratios}


def main() -> None:
    """Print a line for each size and estimator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[150, 1_000_000])
    parser.add_argument("--estimators", nargs="*", default=list(ESTIMATORS))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for estimator in arguments.estimators:
            for rows in arguments.rows:
                found = compare(Path(name), rows, estimator, arguments.rounds)
                print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
