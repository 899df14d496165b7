"""A bounded load on a server, in which every answer is checked to be of one version alone."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from maas.model.signature import Signature, label_text
from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.model.graphs import classifier_graph, feature, linear_graph, signature
from tests.samples import FILES, RUN, make_manifest

ROW = {"n0": 2.0}
"""A row that every version here takes."""

WITH_GAP = signature(
    feature("n0"), feature("n1", nullable=True), example={"n0": 0.5, "n1": None}, input_bound=1e30
)
"""A signature that takes what `ONE` takes, and answers another type of row."""

ONE = signature(feature("n0"), example={"n0": 0.5}, input_bound=1e30)
LABELS = ONE.model_copy(
    update={"task": "classification", "classes": ("no", "yes"), "probabilities": True}
)


def publish(
    models: Path, weight: float, kind: Signature = ONE, graph: bytes | None = None, **changes: Any
) -> Version:
    """Publish a version without training; a regression of ROW answers 2 x weight."""
    if kind.task == "classification":
        graph = graph or classifier_graph([weight], ["no", "yes"])
        changes = {"metrics": {"accuracy": abs(weight) / 1000}} | changes
    # A gap is NaN: the graph is of the first number alone where there are two.
    graph = graph or (linear_graph([weight]) if len(kind.features) == 1 else first_of_two(weight))
    files = FILES | {"model.onnx": graph, "reference.json": make_reference(kind)}
    content = {"signature": kind, "metrics": {"r2": weight / 1000}} | changes
    return Registry(models).publish(make_manifest(files=files, **content), files, RUN, ())


def make_reference(kind: Signature) -> bytes:
    """A reference.json of 300 rows; its target has the edges of `FILES`, if it has any."""
    edges = json.loads(FILES["reference.json"])["target"].get("edges", [])
    of_target: dict[str, Any] = {"edges": edges, "counts": [300] if edges else []}
    if kind.classes is not None:
        of_target = {"counts": dict.fromkeys(map(label_text, kind.classes), 100)}
    numbers = {"edges": [0.0, 1.0, 2.0], "counts": [100, 200], "nulls": 0}
    features = {feature.name: numbers for feature in kind.features}
    return json.dumps({"rows": 300, "features": features, "target": of_target}).encode()


def first_of_two(weight: float) -> bytes:
    """A graph that answers the first of two numbers, times a weight."""
    import numpy as np
    from onnx import helper

    from maas.model.scorers import INPUT
    from tests.model.graphs import _graph

    constants = {"place": np.array([0], dtype=np.int64), "w": np.array([weight], np.float32)}
    nodes = [
        helper.make_node("Gather", [INPUT, "place"], ["x"], axis=1),
        helper.make_node("Mul", ["x", "w"], ["y"]),
    ]
    return _graph(2, nodes, constants)


@dataclass
class Expected:
    """What a version answers to ROW."""

    digest: str
    prediction: Any
    input: dict[str, Any]
    probabilities: bool

    @classmethod
    def of(cls, version: Version) -> "Expected":
        kind = version.manifest.signature
        empty = dict.fromkeys([f.name for f in kind.features])
        metrics = version.manifest.metrics
        if kind.task == "classification":
            return cls(version.manifest.digest, "yes", empty | ROW, True)
        answer = ROW["n0"] * round(metrics["r2"] * 1000, 6)
        return cls(version.manifest.digest, answer, empty | ROW, False)


@dataclass
class Load:
    """What came of the load."""

    expected: dict[int, Expected]
    stopping: threading.Event = field(default_factory=threading.Event)
    answers: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    cut: int = 0
    sent: int = 0
    times: list[tuple[float, float, int]] = field(default_factory=list)
    """When a request began, how many seconds it took, and the version that answered."""

    def expect(self, version: Version) -> None:
        self.expected[version.number] = Expected.of(version)

    def check(self, path: str, status: int, headers: dict[str, str], body: bytes) -> int:
        """Note an answer, and what in it is not of the version that its header names."""
        version = int(headers["x-model-version"])
        wanted = self.expected[version]
        self.answers[version] += 1
        found = json.loads(body)
        proper = {"/predict_proba": 200 if wanted.probabilities else 404}.get(path, 200)
        wrong = [("status", status, proper), ("digest", headers["x-model-digest"], wanted.digest)]
        if status == proper == 200:
            wrong.append(("model_version", found["model_version"], version))
            if path == "/predict_batch":
                wrong.append(("predictions", found["predictions"], [wanted.prediction] * 2))
            else:
                wrong.append(("prediction", found["prediction"], wanted.prediction))
                wrong.append(("input", found["input"], wanted.input))
        self.problems += [f"v{version} {path} {what}: {a!r}" for what, a, b in wrong if a != b]
        return version


def make_request(path: str) -> bytes:
    body = json.dumps({"rows": [ROW, ROW]} if path == "/predict_batch" else ROW).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _read(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if line)
    return int(status.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


async def _ask(load: Load, port: int, paths: Sequence[str], pause: float, per: int) -> None:
    """Ask on one connection after the other; several requests on each."""
    requests = [(path, make_request(path)) for path in paths]
    while not load.stopping.is_set():
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for index in range(per):
                path, request = requests[index % len(requests)]
                began = monotonic()
                load.sent += 1
                writer.write(request)
                answer = await asyncio.wait_for(_read(reader), 20)
                ended = monotonic()
                load.times.append((began, ended - began, load.check(path, *answer)))
                if load.stopping.is_set():
                    break
                await asyncio.sleep(pause)
        except (OSError, asyncio.IncompleteReadError):  # of a worker that was killed
            load.cut += 1
            await asyncio.sleep(0.05)
        finally:
            if writer is not None:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()


@contextmanager
def load_on(
    port: int,
    versions: Sequence[Version],
    paths: Sequence[str] = ("/predict", "/predict_batch", "/predict_proba"),
    connections: int = 4,
    pause: float = 0.002,
    per: int = 50,
) -> Iterator[Load]:
    """Ask a server for as long as the block runs.

    Args:
        port: of the server.
        versions: those that may answer.
        paths: asked in turn.
        connections: at a time.
        pause: seconds between two requests of a connection.
        per: requests of a connection, after which another is opened: any worker may accept it.
    """
    load = Load({version.number: Expected.of(version) for version in versions})

    async def run() -> None:
        await asyncio.gather(*(_ask(load, port, paths, pause, per) for _ in range(connections)))

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        yield load
    finally:
        load.stopping.set()
        thread.join(60)
