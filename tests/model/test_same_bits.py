"""A row has the same answers to the bit alone, in any batch and at any place in it.

For each estimator, in both runtimes. The slice that `make test` runs has one or two cases of each;
`make attack-determinism` runs the whole product.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from maas.config.paths import PROJECT
from maas.model.signature import Runtime
from maas.training.fit.estimators import ESTIMATORS, estimator_type, splits_by_value
from tests.model.same_bits import SIZES, Case, Fit, ask, find_differences, in_one_block
from tests.suite_size import choose

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of scikit-learn, about fits that stop early
    pytest.mark.determinism,
]

RUNTIMES: tuple[Runtime, ...] = ("onnx", "sklearn")

# Forests and the like are fitted small: what adds up their trees is the same.
SMALL = {"n_estimators": 6, "max_iter": 6}

PARAMS = {
    "AdaBoostClassifier": [{"n_estimators": 5}],
    "AdaBoostRegressor": [{"n_estimators": 30, "loss": "exponential"}],
    "BaggingClassifier": [{"n_estimators": 15, "max_features": 0.5}],
    "BaggingRegressor": [{"n_estimators": 15, "max_features": 0.5}],
    "BernoulliNB": [{"alpha": 0.1, "binarize": 0.3}],
    "DecisionTreeClassifier": [{"max_depth": 2}],
    "DecisionTreeRegressor": [{"max_depth": 3}],
    "ExtraTreesClassifier": [{"n_estimators": 13, "max_depth": 4}],
    "GaussianNB": [{"var_smoothing": 0.01}],
    "GradientBoostingClassifier": [{"n_estimators": 9, "max_depth": 2, "init": "zero"}],
    "GradientBoostingRegressor": [{"n_estimators": 20, "loss": "huber"}],
    "HistGradientBoostingClassifier": [{"max_iter": 9, "max_depth": 3}],
    "HistGradientBoostingRegressor": [{"max_iter": 30}],
    "KNeighborsClassifier": [
        {"n_neighbors": 3},
        {"n_neighbors": 8, "weights": "distance"},
        {"p": 1},
        {"metric": "chebyshev"},
    ],
    "KNeighborsRegressor": [
        {"n_neighbors": 3},
        {"n_neighbors": 8, "weights": "distance"},
        {"n_neighbors": 33, "p": 1},
    ],
    "LinearDiscriminantAnalysis": [{"solver": "lsqr", "shrinkage": "auto"}],
    "LogisticRegression": [{"C": 0.01}, {"fit_intercept": False}],
    "LinearSVC": [{"loss": "hinge"}],
    "MLPClassifier": [
        {"hidden_layer_sizes": [33, 4], "activation": "tanh"},
        {"hidden_layer_sizes": [300, 200], "activation": "logistic"},
    ],
    "MLPRegressor": [
        {"hidden_layer_sizes": [33, 4], "activation": "tanh"},
        {"hidden_layer_sizes": [5], "activation": "identity"},
    ],
    "QuadraticDiscriminantAnalysis": [{"reg_param": 0.5}],
    "RandomForestClassifier": [{"n_estimators": 150}],
    "RandomForestRegressor": [{"n_estimators": 150, "max_depth": 5}],
    "Ridge": [{"alpha": 10.0}],
    "SGDClassifier": [{"loss": "log_loss"}, {"loss": "modified_huber"}],
    "SGDRegressor": [{"loss": "huber", "average": True}],
    "SVC": [
        {"kernel": "linear"},
        {"kernel": "poly"},
        {"kernel": "sigmoid", "decision_function_shape": "ovo"},
        {"probability": True},
    ],
    "SVR": [{"kernel": "linear"}, {"kernel": "poly"}, {"kernel": "sigmoid"}],
}

SHAPES = [
    {},
    {"numbers": 5, "classes": 2},
    {"numbers": 30, "classes": 4},
    {"numbers": 300},
    {"numbers": 1},
    {"numbers": 5, "categories": 4},
    {"numbers": 3, "categories": 40, "classes": 2},
    {"numbers": 6, "classes": 5},
    {"numbers": 6, "classes": 8},
    {"numbers": 6, "classes": 10},
    {"numbers": 30, "preprocessing": {"scale": "none"}},
    {"numbers": 4, "categories": 5, "preprocessing": {"encode": "ordinal"}},
    {"numbers": 1010, "categories": 3},  # a sparse matrix in the pipeline
]

# Where blocks, and the lists in blocks.py, came from.
NOTED = [
    Case("LogisticRegression", classes=4),
    Case("LogisticRegression", numbers=300, classes=2),
    Case("AdaBoostClassifier", {"n_estimators": 5}, numbers=6, classes=5),
    Case("SGDClassifier", {"loss": "log_loss"}, numbers=6, classes=7),
    Case("KNeighborsRegressor", {"n_neighbors": 7}),
    Case("KNeighborsClassifier", {"n_neighbors": 8, "weights": "distance"}, classes=6),
    Case("MLPClassifier", {"hidden_layer_sizes": [33, 4], "activation": "tanh"}, numbers=30),
    Case("SVC", {"kernel": "poly", "probability": True}, classes=5),
    Case("LinearRegression", numbers=1010, categories=3),
    Case("RandomForestClassifier", {"n_estimators": 150}, numbers=5),
]


def small_params(name: str) -> dict:
    takes = estimator_type(name)().get_params()
    many = splits_by_value(estimator_type(name)())
    return {key: value for key, value in SMALL.items() if many and key in takes}


def slice_cases() -> list[Case]:
    """Each estimator on numbers and on mixed data, and what was noted."""
    shapes = [{"numbers": 30, "classes": 3}, {"numbers": 5, "categories": 4, "classes": 2}]
    names = sorted(ESTIMATORS)
    return [Case(name, small_params(name), **s) for name in names for s in shapes] + NOTED


def product_cases() -> list[Case]:
    """Each estimator with each of its params on each shape."""
    pairs = [
        (name, params) for name in sorted(ESTIMATORS) for params in ({}, *PARAMS.get(name, ()))
    ]
    return [Case(name, params, **shape) for (name, params), shape in product(pairs, SHAPES)]


def sizes_for(case: Case, runtime: Runtime) -> tuple[int, ...]:
    """Fewer large batches of what is slow."""
    slow = runtime == "sklearn" or case.name.startswith("KNeighbors")
    most = choose(2049, 2049, 10_000) if slow else 10_000
    if case.name.startswith(("MLP", "Quadratic")) and runtime == "sklearn":
        most = choose(33, 33, 1000)
    if case.numbers > 100:
        most = min(most, choose(127, 127, 4097))
    small = (1, 2, 3, 5, 9, 16, 33, 127, 1000, 2049, 4096, 8200, 10_000)
    return tuple(size for size in choose(small, small, SIZES) if size <= most)


def fit(case: Case) -> Fit:
    if case.name == "QuadraticDiscriminantAnalysis" and (case.categories or case.numbers > 30):
        pytest.skip("scikit-learn refuses such data")
    return Fit(case)


@pytest.mark.parametrize("case", choose(slice_cases(), slice_cases(), product_cases()), ids=str)
def test_a_row_has_the_same_bits_anywhere(case: Case):
    made, count = fit(case), 0
    for runtime in RUNTIMES:
        predictor = made.predictor(runtime)
        if predictor is None or (runtime == "onnx" and not made.passes(predictor)):
            continue  # it is not published
        count += 1
        rows, turns = choose((16, 1), (16, 1), (60, 2))
        sizes = sizes_for(case, runtime)
        assert find_differences(predictor, made.matrix, sizes, rows, turns) == {}, runtime
    assert count


# What the blocks of each kind are for.
@pytest.mark.parametrize(
    ("case", "runtime", "size"),
    [
        (Case("LogisticRegression", numbers=30, classes=2), "onnx", 33),
        (Case("LogisticRegression", classes=4), "onnx", 4096),
        (Case("GaussianNB"), "onnx", 5),
        (Case("KNeighborsRegressor"), "onnx", 5),
        (Case("AdaBoostClassifier", {"n_estimators": 5}, classes=5), "onnx", 5),
        (Case("SGDClassifier", {"loss": "log_loss"}, numbers=6, classes=7), "onnx", 5),
        (Case("LinearRegression", numbers=30), "sklearn", 3),
        (Case("MLPClassifier", numbers=30), "sklearn", 8),
        (Case("QuadraticDiscriminantAnalysis", numbers=30), "sklearn", 8),
    ],
    ids=str,
)
def test_without_the_blocks_the_bits_depend_on_the_batch(case: Case, runtime: Runtime, size: int):
    made = fit(case)
    whole = in_one_block(made, runtime)
    assert find_differences(whole, made.matrix, [size], rows=100, turns=5)
    predictor = made.predictor(runtime)
    assert predictor is not None
    assert find_differences(predictor, made.matrix, [size], rows=100, turns=5) == {}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", ["GaussianNB", "LogisticRegression", "MLPClassifier"])
def test_a_row_has_the_same_bits_wherever_its_matrix_begins_in_memory(name: str, runtime: Runtime):
    made = fit(Case(name, preprocessing={"scale": "none"}))
    predictor = made.predictor(runtime)
    assert predictor is not None
    matrix = np.ascontiguousarray(made.matrix[:33])
    expected = ask(predictor, matrix)
    for start in range(1, 16):
        room = np.empty(matrix.size + 16, dtype=np.float32)
        moved = room[start : start + matrix.size].reshape(matrix.shape)
        moved[:] = matrix
        assert np.array_equal(ask(predictor, moved), expected)


ANSWER = """
import hashlib, json, sys, threading
from pathlib import Path
import numpy as np
from maas.model.blocks import Blocks
from maas.model.predictor import Predictor
from maas.model.scorers import make_scorer
from maas.model.signature import Signature
from tests.model.same_bits import ask

def answer(folder):
    about = json.loads((folder / "about.json").read_text())
    signature = Signature.model_validate_json(json.dumps(about["signature"]))
    scorer = make_scorer(about["runtime"], (folder / "model").read_bytes())
    predictor = Predictor(scorer, signature, Blocks(**about["blocks"]))
    matrix = np.load(folder / "matrix.npy")
    found = [hashlib.sha256(ask(predictor, matrix).tobytes()).hexdigest()]
    def beside():
        found.append(hashlib.sha256(ask(predictor, matrix).tobytes()).hexdigest())
    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    return found

folders = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir())
print(json.dumps({folder.name: answer(folder) for folder in folders}))
"""

THREADED = [
    Case("LinearRegression", numbers=300),
    Case("LogisticRegression", numbers=300, classes=5),
    Case("MLPClassifier", {"hidden_layer_sizes": [300, 200]}, numbers=30),
    Case("KNeighborsRegressor", {"weights": "distance"}, numbers=30),
    Case("KNeighborsClassifier", {"weights": "distance"}, numbers=30),
    Case("SVC", {"probability": True}),
    Case("HistGradientBoostingClassifier", {"max_iter": 10}),
    Case("RandomForestClassifier", {"n_estimators": 10}),
    Case("LinearDiscriminantAnalysis", numbers=30),
]


def test_the_bits_do_not_depend_on_the_variables_that_set_threads(tmp_path: Path):
    """A worker of Dask sets one thread, the service sets none; both answer in threads too."""
    cases = THREADED[: choose(3, 3, 9)]
    for case, runtime in product(cases, RUNTIMES):
        made = fit(case)
        folder = tmp_path / f"{case.name} {runtime}"
        folder.mkdir()
        (folder / "model").write_bytes(made.model(runtime))
        signature, blocks = made.signature.model_dump(mode="json"), asdict(made.blocks(runtime))
        about = {"signature": signature, "runtime": runtime, "blocks": blocks}
        (folder / "about.json").write_text(json.dumps(about))
        slow = case.name.startswith(("MLP", "KNeighbors"))
        np.save(folder / "matrix.npy", np.tile(made.matrix, (1 if slow else 10, 1)))
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    base = {name: value for name, value in os.environ.items() if name not in names}
    base["PYTHONPATH"] = str(PROJECT)
    environments = [base, base | dict.fromkeys(names, "1"), base | dict.fromkeys(names, "2")]
    printed = []
    for environment in environments:
        command = [sys.executable, "-W", "ignore", "-c", ANSWER, str(tmp_path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        printed.append(json.loads(done.stdout))
    assert len(printed[0]) == len(cases) * len(RUNTIMES)
    for name, answers in printed[0].items():
        assert len({*answers, *printed[1][name], *printed[2][name]}) == 1, name
