"""Starts a server of the comparison on a model of its own, and asks it with wrk."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.systems import System  # noqa: E402

WORK = Path(tempfile.gettempdir()) / "model-service-bench"
PORT = 18_080
MODELS = {
    "A": ["--set", "model_name=bench_a"],
    "B": [
        "--set", "model_name=bench_b", "--set", "data.source=breast_cancer",
        "--set", "data.features=null", "--set", "data.target=target",
        "--set", "estimator={name: RandomForestClassifier, params: {n_estimators: 100}}",
        "--set", "gates={}",
    ],
}  # fmt: skip
"""A: scaler + logistic regression on 2 features; B: RandomForest(100) on 30."""

EXPORT = """
import json, sys, joblib, shutil
from pathlib import Path
version, folder = Path(sys.argv[1]), Path(sys.argv[2])
manifest = json.loads((version / "manifest.json").read_bytes())
joblib.dump(joblib.load(version / "saved_model.pkl")[1:], folder / "model.joblib")
shutil.copyfile(version / "model.onnx", folder / "model.onnx")
names = [feature["name"] for feature in manifest["signature"]["features"]]
kept = {key: manifest["signature"][key] for key in ("example", "classes")}
(folder / "meta.json").write_text(json.dumps({"features": names, **kept}))
"""


def make_model(name: str, options: list[str] | None = None) -> Path:
    """Train a model with train.py, and lay out the same model for the others.

    Args:
        name: of its folder.
        options: of train.py; if None, those of `MODELS`.
    """
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    environ = environment(folder)
    if not (folder / "models/v1").is_dir():
        command = [sys.executable, str(PROJECT / "train.py"), *(options or MODELS[name])]
        subprocess.run(command, env=environ, check=True, capture_output=True)
    command = [sys.executable, "-c", EXPORT, str(folder / "models/v1"), str(folder)]
    subprocess.run(command, cwd=PROJECT, env=environ, check=True)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Variables for every server; each takes what it knows."""
    own = {
        "MODELS_DIR": str(folder / "models"),
        "BENTOML_HOME": str(folder / "bentoml"),
        "MODEL_FOLDER": str(folder),
        "BENTOML_DO_NOT_TRACK": "True",
        "LOG": "1",
    }
    return os.environ | own


def install(system: System) -> Path | None:
    """Make the system's environment; give its python, or None where it does not install."""
    if not system.requirements:
        return Path(sys.executable)
    folder = WORK / "venvs" / "-".join(system.name.lower().split())
    python, mark = folder / "bin/python", folder / "installed"
    if not mark.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "-q", "--clear", "--python", "3.11", folder], check=True)
        command = [uv, "pip", "install", "-q", "--python", python, *system.requirements]
        if subprocess.run(command, check=False, capture_output=True, timeout=900).returncode:
            return None
        mark.touch()
    return python


def need_wrk() -> None:
    """End in one line where the load generator is missing."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed; it is a package of that name (apt-get install wrk)")


class ServerError(Exception):
    """A server does not start, or does not answer as it should."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name = name


class Running:
    """A server that was started, with how long it took to its first answer."""

    def __init__(
        self,
        system: System,
        python: Path,
        folder: Path,
        port: int = PORT,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self.system, self.port = system, port
        command, cwd = system.start_command(python, port, PROJECT)
        environ = environment(folder) | dict(extra or {})
        environ["PATH"] = f"{python.parent}:{environ['PATH']}"
        if system.protocol == "mlserver":
            cwd = self._mlserver(folder)
        log = (folder / f"{system.name}.log").open("wb")
        self.rows = [json.loads((folder / "meta.json").read_bytes())["example"]]
        started = time.perf_counter()
        self.process = subprocess.Popen(
            command, cwd=cwd, env=environ, stdout=log, stderr=log, start_new_session=True
        )
        self.cold_start = self._wait(started)

    def _mlserver(self, folder: Path) -> Path:
        settings = {
            "name": "model",
            "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": str(folder / "model.joblib")},
        }
        place = folder / "mlserver"
        place.mkdir(exist_ok=True)
        (place / "model-settings.json").write_text(json.dumps(settings))
        port = self.port
        ports = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2}
        (place / "settings.json").write_text(json.dumps({**ports, "parallel_workers": 0}))
        return place

    def _wait(self, started: float) -> float:
        path, body = self.system.request(self.rows, batch=False)
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        while time.perf_counter() - started < 90:
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                    answer.read()
                return time.perf_counter() - started
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        self.stop()
        raise ServerError(self.system.name, "does not answer")

    def processes(self) -> list[psutil.Process]:
        """The process that was started, and all below it."""
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def memory(self) -> float:
        """MB of all its processes; what they share is counted once."""
        return sum(process.memory_full_info().pss for process in self.processes()) / 1e6

    def cpu_seconds(self) -> float:
        """What its processes have used of the CPU."""
        times = [process.cpu_times() for process in self.processes()]
        return sum(time.user + time.system for time in times)

    def load(
        self, connections: int, seconds: float, batch: int = 0, delay_ms: int = 0
    ) -> dict[str, float]:
        """Ask with wrk; requests/s, latencies in ms, and the server's CPU µs per request.

        A connection waits `delay_ms` between two requests.
        """
        path, body = self.system.request(self.rows * max(batch, 1), batch=bool(batch))
        script = WORK / "post.lua"
        text = body.decode().replace("\\", "\\\\").replace("'", "\\'")
        script.write_text(
            f"wrk.method = 'POST'\nwrk.body = '{text}'\n"
            "wrk.headers['Content-Type'] = 'application/json'\n"
            + (f"function delay() return {delay_ms} end\n" if delay_ms else "")
        )
        used = self.cpu_seconds()
        done = subprocess.run(
            [
                "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "20s",
                "-s", str(script), f"http://127.0.0.1:{self.port}{path}",
            ],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        used = self.cpu_seconds() - used
        if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
            raise ServerError(self.system.name, done.stdout)
        words = [line.split() for line in done.stdout.splitlines()]
        found = {line[0]: line[1] for line in words if len(line) > 1}
        requests = next(int(line[0]) for line in words if line[1:3] == ["requests", "in"])
        return {
            "rps": float(found["Requests/sec:"]),
            "cpu": used / requests * 1e6,
            "p50": milliseconds(found["50%"]),
            "p99": milliseconds(found["99%"]),
        }

    def stop(self) -> None:
        """Stop the server and all that it started."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(8)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(8)
        time.sleep(0.5)


def milliseconds(text: str) -> float:
    """A latency as wrk writes it."""
    for unit, factor in (("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 6e4)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    raise ValueError(text)
