"""Batches over HTTP, as JSON and as Arrow: rows/s of this service and of FastAPI."""

import io
import json
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import PORT, WORK, Running, ServerError, install  # noqa: E402
from benchmarks.scoring_data import data_folder, first_rows, model_folder  # noqa: E402
from benchmarks.systems import OURS, SYSTEMS  # noqa: E402

ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
SIZES = (1000, 10_000)
CONNECTIONS = 2
FASTAPI = next(system for system in SYSTEMS if system.name == "FastAPI + onnxruntime")

# Larger than the default: 10 000 rows of 30 features with their names are 12 MB of JSON.
_LIMIT = {"MAX_BODY_BYTES": str(64 * 1024**2)}


@dataclass(frozen=True)
class Form:
    """A form of a request: of which server, at which path, of which content type."""

    system: str
    path: str
    kind: str

    def body(self, table: pa.Table) -> bytes:
        """The rows of a table."""
        if self.kind == ARROW:
            stream = io.BytesIO()
            with pa.ipc.new_stream(stream, table.schema) as writer:
                writer.write_table(table)
            return stream.getvalue()
        rows = table.to_pylist()
        if self.path == "/predict_lists":
            return json.dumps([list(row.values()) for row in rows]).encode()
        return json.dumps({"rows": rows}).encode()


FORMS = {
    "HTTP Arrow": Form(OURS.name, "/predict_batch", ARROW),
    "HTTP JSON": Form(OURS.name, "/predict_batch", JSON),
    "FastAPI, objects": Form(FASTAPI.name, "/predict_batch", JSON),
    "FastAPI, bare lists": Form(FASTAPI.name, "/predict_lists", JSON),
}


def compare(turns: int, seconds: int) -> tuple[dict[str, list[dict[str, float]]], str]:
    """Ask each form in turn; form -> what each turn found, and why a form was left out.

    All answer LR-30. wrk sends bodies that were prepared before, over connections that stay.
    """
    folder = model_folder("LR-30")
    table = first_rows(data_folder("LR-30", 1_000_000), max(SIZES))
    left_out = ""
    with ExitStack() as stack:
        servers = {}
        for place, system in enumerate((OURS, FASTAPI)):
            python = install(system)
            if python is None:
                left_out = f"{system.name} does not install"
                continue
            server = Running(system, python, folder, PORT + 10 * place, _LIMIT)
            stack.callback(server.stop)
            servers[system.name] = server
        forms = {name: form for name, form in FORMS.items() if form.system in servers}
        answers = {name: ask(servers[form.system], form, table) for name, form in forms.items()}
        first = answers["HTTP Arrow"]
        if any(answer != first for answer in answers.values()):
            raise ServerError("HTTP", "the forms give different answers")
        found: dict[str, list[dict[str, float]]] = {name: [] for name in forms}
        for turn in range(turns):
            names = list(forms)
            at = turn % len(names)
            for name in names[at:] + names[:at]:
                measured = {}
                for size in SIZES:
                    server = servers[forms[name].system]
                    got = load(server, forms[name], table.slice(0, size), seconds)
                    measured |= {f"{key} in {size}s": value for key, value in got.items()}
                found[name].append(measured)
        return found, left_out


def ask(server: Running, form: Form, table: pa.Table) -> list[str]:
    """The answers for the rows of a table."""
    headers = {"Content-Type": form.kind, "Accept": form.kind}
    url = f"http://127.0.0.1:{server.port}{form.path}"
    request = urllib.request.Request(url, form.body(table), headers)
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        body = response.read()
    if form.kind == ARROW:
        column: list[str] = pa.ipc.open_stream(body).read_all()["prediction"].to_pylist()
        return column
    document = json.loads(body)
    labels: list[str] = document if isinstance(document, list) else document["predictions"]
    return labels


def load(server: Running, form: Form, table: pa.Table, seconds: int) -> dict[str, float]:
    """Ask with wrk; rows/s, and the server's CPU µs per row."""
    body, script = WORK / "body", WORK / "batch.lua"
    body.write_bytes(form.body(table))
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = io.open('{body}', 'rb'):read('*a')\n"
        f"wrk.headers['Content-Type'] = '{form.kind}'\nwrk.headers['Accept'] = '{form.kind}'\n"
    )
    used = server.cpu_seconds()
    done = subprocess.run(
        [
            "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s",
            "-s", str(script), f"http://127.0.0.1:{server.port}{form.path}",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    used = server.cpu_seconds() - used
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise ServerError(server.system.name, done.stdout)
    words = [line.split() for line in done.stdout.splitlines()]
    requests = next(int(line[0]) for line in words if line[1:3] == ["requests", "in"])
    if not requests:
        raise ServerError(form.path, f"no batch of {table.num_rows} rows in {seconds} s")
    rate = next(float(line[1]) for line in words if line[:1] == ["Requests/sec:"])
    rows = table.num_rows
    return {"rows/s": rate * rows, "CPU µs": used / (requests * rows) * 1e6}
