"""Small tables, and pipelines fitted on them in the test's own process."""

import numpy as np
import pandas as pd
import pyarrow as pa

from maas.config.train_config import ModelConfig
from maas.training.data import Dataset, make_dataset
from maas.training.fit.fit import FitResult, fit


def config(estimator: str = "LogisticRegression", params=None, **changes) -> ModelConfig:
    content = {
        "data": {"source": "table", "target": "y"},
        "estimator": {"name": estimator, "params": params or {}},
        **changes,
    }
    return ModelConfig.model_validate(content)


def table(rows: int = 60, **columns) -> pa.Table:
    generator = np.random.default_rng(0)
    made = {"a": generator.normal(size=rows), "b": generator.normal(size=rows)}
    made["y"] = np.where(made["a"] > 0, "p", "q")
    return pa.table({**made, **columns})


def fitted(setting: ModelConfig, given: pa.Table) -> tuple[Dataset, pd.DataFrame, FitResult]:
    data = make_dataset(setting, given)
    frame = data.frame()
    return data, frame, fit(setting, data, frame)
