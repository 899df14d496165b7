"""LitServe + scikit-learn, in the style of its quickstart."""

import json
import os
import sys
from pathlib import Path

import joblib
import litserve
import numpy as np

FOLDER = Path(os.environ["MODEL_FOLDER"])
NAMES = json.loads((FOLDER / "meta.json").read_bytes())["features"]


class Model(litserve.LitAPI):
    def setup(self, device):
        self.model = joblib.load(FOLDER / "model.joblib")

    def decode_request(self, request):
        return request

    def predict(self, request):
        rows = request.get("rows") or [request]
        values = [[row[name] for name in NAMES] for row in rows]
        return request, self.model.predict(np.array(values, dtype=np.float32)).tolist()

    def encode_response(self, output):
        request, labels = output
        if "rows" in request:
            return {"predictions": labels, "model_version": 1}
        return {"input": request, "prediction": labels[0], "model_version": 1}


if __name__ == "__main__":
    server = litserve.LitServer(Model(), accelerator="cpu")
    server.run(port=int(sys.argv[1]), generate_client_file=False)
