"""FastAPI + scikit-learn as most tutorials have it: sync functions, a response model."""

import json
import os
import sys
from pathlib import Path

import joblib
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, create_model

FOLDER = Path(os.environ["MODEL_FOLDER"])
NAMES = json.loads((FOLDER / "meta.json").read_bytes())["features"]
model = joblib.load(FOLDER / "model.joblib")
Row = create_model("Row", **dict.fromkeys(NAMES, (float, ...)))


class Batch(BaseModel):
    rows: list[Row]


class Answer(BaseModel):
    input: Row
    prediction: str
    model_version: int


app = FastAPI()


def matrix(rows: list[Row]) -> np.ndarray:
    return np.array([[getattr(row, name) for name in NAMES] for row in rows], dtype=np.float32)


@app.post("/predict")
def predict(row: Row) -> Answer:
    label = model.predict(matrix([row]))[0]
    return Answer(input=row, prediction=str(label), model_version=1)


@app.post("/predict_batch")
def predict_batch(batch: Batch) -> dict:
    labels = model.predict(matrix(batch.rows))
    return {"predictions": [str(label) for label in labels], "model_version": 1}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]))
