"""Builds many models in one pinned process and prints their digests: the attack runs it per knob.

`python -m tests.e2e.attacks.digests FOLDER ORDER GROUP…` prints a JSON object, label -> [digest of
the manifest, files and their hashes]. FOLDER holds the tables that `write_tables` wrote. ORDER is
`forwards` or `backwards`: what a process built before must make no difference.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maas.config.paths import PROJECT
from maas.config.reading import load_train_config
from maas.training.checks.determinism import pin_process

CONFIG = PROJECT / "configs" / "train_config.yaml"

# What makes the default parameters quick: it is the kind of arrays that matters.
PARAMS: dict[str, dict[str, Any]] = {
    "AdaBoostClassifier": {"n_estimators": 5},
    "AdaBoostRegressor": {"n_estimators": 5},
    "BaggingClassifier": {"n_estimators": 7},
    "BaggingRegressor": {"n_estimators": 7},
    "ExtraTreesClassifier": {"n_estimators": 10},
    "ExtraTreesRegressor": {"n_estimators": 10},
    "GradientBoostingClassifier": {"n_estimators": 10},
    "GradientBoostingRegressor": {"n_estimators": 10},
    "HistGradientBoostingClassifier": {"max_iter": 10},
    "HistGradientBoostingRegressor": {"max_iter": 10},
    "LogisticRegression": {"max_iter": 300},
    "MLPClassifier": {"max_iter": 60},
    "MLPRegressor": {"max_iter": 30},
    "RandomForestClassifier": {"n_estimators": 10},
    "RandomForestRegressor": {"n_estimators": 10},
}
# Where onnxruntime and scikit-learn disagree: docs/estimators.md.
SKLEARN = {"LinearSVC", "QuadraticDiscriminantAnalysis"}
N_JOBS = {"few": (1, 2), "all": (1, 2, 3, -1)}
"""Group -> values: each makes another pool of processes for the Bagging estimators."""

# What is quick, and differs in how it is fitted.
FEW = ("BaggingClassifier", "MLPClassifier")
# On 20 000 rows, where numpy and BLAS take other paths.
LARGE: dict[str, dict[str, Any]] = {
    "LogisticRegression": {"max_iter": 300},
    "RandomForestClassifier": {"n_estimators": 10, "n_jobs": -1},
    "HistGradientBoostingClassifier": {"max_iter": 30},
    "GradientBoostingClassifier": {"n_estimators": 5},
    "MLPClassifier": {"max_iter": 5},
    "Ridge": {},
}


def overrides(name: str, params: dict[str, Any], data: dict[str, Any]) -> list[str]:
    """The config of a model, as the arguments of `--set`."""
    settings = {
        "model_name": "attacked",
        "data": data,
        "estimator": {"name": name, "params": params},
        "gates": {},
        "split": {},
        "runtime": "sklearn" if name in SKLEARN else "onnx",
    }
    return [f"{key}={json.dumps(value)}" for key, value in settings.items()]


def write_tables(folder: Path) -> None:
    """Write what the models are fitted on, once: what is read is what counts."""
    import numpy as np

    generator = np.random.default_rng(7)
    lines = ["number,gap,colour,flag,amount,kind"]
    for row in range(150):
        a, b, noise = generator.normal(size=3).round(3).tolist()
        colour = ("red", "green", "blue", "")[row % 7 % 4]
        flag = ("true", "false")[row % 3 % 2]
        kind = "yes" if a + (colour == "red") + noise / 4 > 0.3 else "no"
        amount = round(3 * a + b + (flag == "true"), 3)
        lines.append(f"{a},{b if row % 9 else ''},{colour},{flag},{amount},{kind}")
    (folder / "mixed.csv").write_text("\n".join(lines) + "\n")
    matrix = generator.normal(size=(20_000, 50)).round(3)
    label = np.where(matrix[:, :4].sum(axis=1) > 0, "yes", "no")
    lines = [",".join([f"x{i}" for i in range(50)] + ["y"])]
    lines += [",".join([*map(str, row), y]) for row, y in zip(matrix.tolist(), label, strict=True)]
    (folder / "large.csv").write_text("\n".join(lines) + "\n")


def cases(folder: Path, group: str) -> Iterator[tuple[str, list[str]]]:
    """Label and config of each model of a group: `few`, `all` or `large`."""
    from maas.training.fit.estimators import ESTIMATORS, estimator_type, task_of

    if group == "large":
        for name, params in LARGE.items():
            data: dict[str, Any] = {"source": str(folder / "large.csv"), "target": "y"}
            if name == "Ridge":
                data |= {"target": "x0", "features": {f"f{i}": f"x{i}" for i in range(1, 50)}}
            yield f"{name} large", overrides(name, params, data)
        return
    for name in sorted(ESTIMATORS) if group == "all" else FEW:
        estimator = estimator_type(name)()
        classes = task_of(estimator) == "classification"
        bundled = {"source": "wine" if classes else "diabetes", "target": "target"}
        mixed = {
            "source": str(folder / "mixed.csv"),
            "target": "kind" if classes else "amount",
            "features": {n: n for n in ("number", "gap", "colour", "flag")},
        }
        params = PARAMS.get(name, {})
        yield name, overrides(name, params, bundled)
        yield f"{name} mixed", overrides(name, params, mixed)
        if "n_jobs" in estimator.get_params():
            for n_jobs in N_JOBS[group]:
                yield f"{name} {n_jobs=}", overrides(name, params | {"n_jobs": n_jobs}, bundled)


def digest(settings: list[str]) -> list[Any]:
    """Build a model, without publishing it: its digest and its files; or why there is none."""
    from maas.errors import MaasError
    from maas.training.data import read_dataset
    from maas.training.run import build

    config = load_train_config(CONFIG, settings)
    try:
        manifest = build(config, read_dataset(config, PROJECT)).manifest
    except MaasError as error:
        return ["error", str(error)]
    return [manifest.digest, {name: file.sha256 for name, file in manifest.files.items()}]


def main(folder: Path, order: str, groups: list[str]) -> None:
    """Print the digests of some groups."""
    pin_process("portable")
    chosen = [case for group in groups for case in cases(folder, group)]
    if order == "backwards":
        chosen.reverse()
    print(json.dumps({label: digest(settings) for label, settings in chosen}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
