"""A small version, made without training, and damage to one."""

from pathlib import Path

from maas.model.signature import Feature, Signature
from maas.registry.manifest import SCHEMA_VERSION, DataRecord, Manifest, ParityRecord
from maas.registry.manifest_rules import FIRST_SCHEMA_WITH_REPORT
from maas.report.parts import BaselineRecord, MetricRecord, ResidualsRecord
from maas.report.record import Report

REPORT_RECORD = Report(
    task="regression",
    train_rows=2,
    held_out_rows=1,
    headline="r2",
    metrics={"r2": MetricRecord(value=0.5, low=0.2, high=0.7, baseline=0.0)},
    baseline=BaselineRecord(name="DummyRegressor", strategy="mean", answer=1.5),
    residuals=ResidualsRecord(quantiles=(), edges=(0.0, 1.0), counts=(1,)),
)
RUN = b'{"created_at": "2026-01-02T03:04:05Z"}\n'
FILES = {
    "model.onnx": b"graph",
    "saved_model.pkl": b"pickle",
    "reference.json": b'{"target": {}}',
    "report.json": REPORT_RECORD.model_dump_json().encode(),
}
CONFIG = {"seed": 1, "data": {"source": "s", "target": "t"}, "estimator": {"name": "Ridge"}}


def make_manifest(model_name: str = "m", files=FILES, **changes) -> Manifest:
    content = {
        "model_name": model_name,
        "config": CONFIG,
        "data": DataRecord(source="s", sha256="0" * 64, rows=3),
        "signature": Signature(
            features=(Feature(name="a", column="A", type="number", minimum=0.0, maximum=1.0),),
            target="t",
            task="regression",
            example={"a": 0.5},
        ),
        "metrics": {"r2": 0.5},
        "runtime": "onnx",
        "parity": ParityRecord(passed=True, tolerance=1e-5),
    }
    if changes.get("schema_version", SCHEMA_VERSION) < FIRST_SCHEMA_WITH_REPORT:
        files = {name: data for name, data in files.items() if name != "report.json"}
    return Manifest.seal(files, **(content | changes))


def damage(path: Path, data: bytes | None) -> None:
    """Replace the content of a published file, or remove the file."""
    path.chmod(0o644)
    path.unlink() if data is None else path.write_bytes(data)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text in a published file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    damage(path, text.replace(old, new).encode())
