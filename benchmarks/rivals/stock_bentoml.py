"""BentoML with scikit-learn, in the style of its quickstart; started by `bentoml serve`."""

import json
import os
from pathlib import Path

import bentoml
import joblib
import numpy as np
from pydantic import BaseModel, create_model

FOLDER = Path(os.environ["MODEL_FOLDER"])
NAMES = json.loads((FOLDER / "meta.json").read_bytes())["features"]
Row = create_model("Row", **dict.fromkeys(NAMES, (float, ...)))


class Answer(BaseModel):
    input: Row
    prediction: str
    model_version: int


@bentoml.service
class Model:
    def __init__(self) -> None:
        self.model = joblib.load(FOLDER / "model.joblib")

    @bentoml.api
    def predict(self, row: Row, /) -> Answer:
        values = [[getattr(row, name) for name in NAMES]]
        label = self.model.predict(np.array(values, dtype=np.float32))[0]
        return Answer(input=row, prediction=str(label), model_version=1)

    @bentoml.api
    def predict_batch(self, rows: list[Row]) -> dict:
        values = [[getattr(row, name) for name in NAMES] for row in rows]
        labels = self.model.predict(np.array(values, dtype=np.float32))
        return {"predictions": [str(label) for label in labels], "model_version": 1}
