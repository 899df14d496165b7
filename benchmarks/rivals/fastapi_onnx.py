"""FastAPI + onnxruntime, tuned by hand: async, answers written without a response model."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, create_model

FOLDER = Path(os.environ["MODEL_FOLDER"])
META = json.loads((FOLDER / "meta.json").read_bytes())
NAMES = META["features"]

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(FOLDER / "model.onnx", options)
OUTPUT = [session.get_outputs()[0].name]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


Row = create_model("Row", __base__=Strict, **dict.fromkeys(NAMES, (float, ...)))


class Batch(Strict):
    rows: list[Row]


app = FastAPI()


@app.post("/predict")
async def predict(row: Row) -> Response:
    values = row.__dict__
    matrix = np.array([[values[name] for name in NAMES]], dtype=np.float32)
    (label,) = session.run(OUTPUT, {"features": matrix})[0].tolist()
    answer = {"input": values, "prediction": label, "model_version": 1}
    return Response(orjson.dumps(answer), media_type="application/json")


@app.post("/predict_batch")
async def predict_batch(batch: Batch) -> Response:
    values = [[row.__dict__[name] for name in NAMES] for row in batch.rows]
    labels = session.run(OUTPUT, {"features": np.array(values, dtype=np.float32)})[0].tolist()
    answer = {"predictions": labels, "model_version": 1}
    return Response(orjson.dumps(answer), media_type="application/json")


@app.post("/predict_lists")
async def predict_lists(request: Request) -> Response:
    """Rows as bare lists in the order of the features: nothing but their shape is checked."""
    values = np.array(orjson.loads(await request.body()), dtype=np.float32)
    labels = session.run(OUTPUT, {"features": values})[0].tolist()
    return Response(orjson.dumps(labels), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]))
