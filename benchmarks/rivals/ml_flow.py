"""MLflow's own server for a scikit-learn model: saves it, then becomes `mlflow models serve`."""

import os
import sys
import tempfile
from pathlib import Path

import joblib
import mlflow.sklearn

if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp()) / "model"
    model = joblib.load(Path(os.environ["MODEL_FOLDER"]) / "model.joblib")
    mlflow.sklearn.save_model(model, str(folder), serialization_format="cloudpickle")
    port = sys.argv[1]
    command = ["mlflow", "models", "serve", "-m", str(folder), "--env-manager", "local", "-p", port]
    os.execv(Path(sys.executable).parent / "mlflow", command)
