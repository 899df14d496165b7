"""What train.py adds to a bare scikit-learn script with the same fit: seconds and their ratio.

All read the same file, split, fit scaler and logistic regression on the same rows under the same
pins, measure and save. One bare script reads by pandas, as most do, and one by Arrow on all
cores, as train.py does. train.py also checks types, exports to ONNX, compares the answers,
describes the data, and publishes a version into `models/` and the BentoML store.
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
from maas.training.determinism import pinned  # noqa: E402

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

BARE = """
import os, sys
import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
{read}
train, test, train_y, test_y = train_test_split(
    rows, target, test_size=0.2, stratify=target, random_state=42
)
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(train, train_y)
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
    environ = pinned(os.environ, "portable") | own
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environ, cwd=PROJECT)
    return time.perf_counter() - started


def main() -> None:
    """Run all in turn; print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[150, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            table = folder / "table.csv"
            write_table(table, rows)
            ours = [
                sys.executable, "train.py", "--set", "model_name=bench",
                "--set", f"data.source={table}", "--set", "data.target=y",
                "--set", "data.features=null", "--set", "gates={}",
                "--set", "estimator={name: LogisticRegression, params: {max_iter: 200}}",
            ]  # fmt: skip
            commands = {"train.py": ours} | {
                name: [sys.executable, "-c", BARE.format(read=read), str(table), str(folder / "m")]
                for name, read in READ.items()
            }
            taken = [
                {name: seconds(command, folder) for name, command in commands.items()}
                for _ in range(arguments.rounds)
            ]
            found = {name: round(statistics.median(t[name] for t in taken), 2) for name in commands}
            ratios = {
                name: round(statistics.median(t["train.py"] / t[name] for t in taken), 2)
                for name in READ
            }
            print(json.dumps({"rows": rows, "seconds": found, "train.py by bare": ratios}))


if __name__ == "__main__":
    main()
