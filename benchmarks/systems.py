"""The servers that are compared: how each is installed, started and asked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RIVALS = Path(__file__).resolve().parent / "rivals"
UVICORN = ("uvicorn==0.54.0", "uvloop", "httptools")
SKLEARN = ("scikit-learn==1.9.1", "joblib", "numpy==2.4.6")
FAST = ("fastapi", "orjson", "onnxruntime==1.32.0", *UVICORN, *SKLEARN)


@dataclass(frozen=True)
class System:
    """One server.

    Attributes:
        name: in tables.
        requirements: what its environment holds; none: the project's own.
        script: in `rivals/`, called with the port.
        command: instead of a script, with `{port}`.
        protocol: the form of a request.
    """

    name: str
    requirements: tuple[str, ...] = ()
    script: str = ""
    command: tuple[str, ...] = ()
    protocol: str = "rows"
    batches: bool = True

    def start_command(self, python: Path, port: int, project: Path) -> tuple[list[str], Path]:
        """The command and the folder that it runs in."""
        if self.script:
            return [str(python), str(RIVALS / self.script), str(port)], RIVALS
        words = [word.format(port=port, bin=python.parent) for word in self.command]
        return words, RIVALS if self.requirements else project

    def request(self, rows: list[dict[str, float]], batch: bool) -> tuple[str, bytes]:
        """Path and body that ask for the rows."""
        names = list(rows[0])
        values = [list(row.values()) for row in rows]
        match self.protocol:
            case "mlflow":
                body: Any = {"inputs": values}
                return "/invocations", json.dumps(body).encode()
            case "mlserver":
                data = [value for row in values for value in row]
                shape = [len(rows), len(names)]
                tensor = {"name": "x", "shape": shape, "datatype": "FP32", "data": data}
                return "/v2/models/model/infer", json.dumps({"inputs": [tensor]}).encode()
            case "lit":
                return "/predict", json.dumps({"rows": rows} if batch else rows[0]).encode()
        path = "/predict_batch" if batch else "/predict"
        return path, json.dumps({"rows": rows} if batch else rows[0]).encode()


OURS = System("this service", command=("{bin}/bentoml", "serve", "--port", "{port}"))
SYSTEMS = (
    OURS,
    System("bare ASGI constant", UVICORN, "bare.py", batches=False),
    System("FastAPI + onnxruntime", FAST, "fastapi_onnx.py"),
    System("FastAPI + scikit-learn", FAST, "fastapi_sklearn.py"),
    System(
        "stock BentoML",
        ("bentoml==1.4.39", *SKLEARN),
        command=("{bin}/bentoml", "serve", "stock_bentoml:Model", "--port", "{port}"),
    ),
    System("LitServe", ("litserve", *SKLEARN), "lit.py", protocol="lit"),
    System("MLflow", ("mlflow", *SKLEARN), "ml_flow.py", protocol="mlflow"),
    System(
        "MLServer",
        ("mlserver", "mlserver-sklearn"),
        command=("{bin}/mlserver", "start", "."),
        protocol="mlserver",
    ),
)
