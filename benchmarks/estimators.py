"""Measures which estimators pass the parity check, per runtime; writes docs/estimators.md.

Every estimator is fitted with default parameters, on numbers only and on mixed data with missing
values, a boolean and a category, then exported and compared as in a run.
"""

from collections.abc import Sequence
from typing import Any

from maas.training.checks.determinism import pin_process

pin_process("portable")

# These imports load numpy, which must happen after the process was pinned.
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402

from maas.config.paths import PROJECT  # noqa: E402
from maas.config.train_config import ModelConfig  # noqa: E402
from maas.errors import ConfigError, FitError, MaasError  # noqa: E402
from maas.model.blocks import blocks_of  # noqa: E402
from maas.model.predictor import Predictor  # noqa: E402
from maas.tables.reading import read_table  # noqa: E402
from maas.training.checks.parity import load_scorer, measure_parity, tolerance_for  # noqa: E402
from maas.training.data import make_dataset  # noqa: E402
from maas.training.export import export_onnx, export_pickle  # noqa: E402
from maas.training.fit.estimators import ESTIMATORS, estimator_type, task_of  # noqa: E402
from maas.training.fit.fit import fit  # noqa: E402
from maas.training.run import build_signature  # noqa: E402

SOURCES = {"classification": "wine", "regression": "diabetes"}


def mixed_table(source: str) -> pa.Table:
    """Change a bundled data set: missing values in a number and in a category, and a boolean."""
    table = read_table(source, PROJECT)
    first, second, third = (table.column(name).to_numpy() for name in table.column_names[:3])
    rows = np.arange(len(first))
    gaps = pa.array(first, mask=rows % 9 == 0)
    bins = np.array(["low", "middle", "high"])[np.digitize(second, np.quantile(second, [0.3, 0.7]))]
    categories = pa.array(bins, mask=rows % 11 == 0)
    above = pa.array(third > np.median(third))
    columns = {table.column_names[0]: gaps, table.column_names[1]: categories, "above": above}
    kept = {name: table.column(name) for name in table.column_names[2:]}
    return pa.table({**columns, **kept})


def check_estimator(name: str, table: pa.Table, source: str, runtime: str) -> str:
    """Fit, export and compare an estimator; return the result in a few words."""
    content: dict[str, Any] = {
        "data": {"source": source, "target": "target"},
        "estimator": {"name": name},
        "runtime": runtime,
    }
    config = ModelConfig.model_validate(content)
    data = make_dataset(config, table)
    frame = data.frame()
    try:
        fitted = fit(config, data, frame)
        signature = build_signature(config, data, fitted)
        model = (
            export_onnx(fitted.pipeline, len(signature.features))
            if config.runtime == "onnx"
            else export_pickle(fitted.pipeline)
        )
        blocks = blocks_of(signature, config.runtime, name, data.rows)
        predictor = Predictor(load_scorer(config.runtime, model), signature, blocks)
    except ConfigError as error:
        return "no ONNX form" if "exported" in error.what else "cannot be fitted"
    except FitError:
        return "cannot be fitted"
    except MaasError as error:
        return str(error)
    tolerance = tolerance_for(signature, data.target[fitted.train])
    parity = measure_parity(fitted.pipeline, predictor, frame.iloc[fitted.held_out], tolerance)
    if parity.passed:
        return "passes"
    return "other labels" if parity.labels_differ else "other numbers"


def measure_estimators(names: Sequence[str]) -> str:
    """Check estimators; return the table as Markdown."""
    lines = [
        "| estimator | onnx: numbers | onnx: mixed | sklearn: numbers | sklearn: mixed |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        source = SOURCES[task_of(estimator_type(name)())]
        tables = [read_table(source, PROJECT), mixed_table(source)]
        results = [
            check_estimator(name, table, source, r) for r in ("onnx", "sklearn") for table in tables
        ]
        lines.append(f"| {' | '.join([name, *results])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    page = PROJECT / "docs" / "estimators.md"
    text, _, _ = page.read_text(encoding="utf-8").partition("| estimator |")
    page.write_text(text + measure_estimators(sorted(ESTIMATORS)), encoding="utf-8")
