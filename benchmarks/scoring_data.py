"""What the comparison of scoring reads: models, files of random rows, and bodies of requests."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import MODELS, WORK, make_model  # noqa: E402

GROUP_ROWS = 1_000_000
FILE_GROUPS = 2

_LOGISTIC = "estimator={name: LogisticRegression, params: {max_iter: 5000}}"
_KEEP = ("data.", "gates", "--set")
OPTIONS = MODELS | {
    "LR-30": ["--set", "model_name=bench_lr30", "--set", _LOGISTIC]
    + [
        word
        for pair in zip(MODELS["B"][::2], MODELS["B"][1::2], strict=True)
        if pair[1].startswith(_KEEP)
        for word in pair
    ]
}
"""A and B as in the comparison of servers; LR-30: model A's kind on B's 30 features."""


def model_folder(name: str) -> Path:
    """The folder of a model, which is trained if it is not there."""
    return make_model(name, OPTIONS[name])


def data_folder(name: str, rows: int) -> Path:
    """Parquet files of random rows for a model: float64, in row groups of up to a million.

    Each feature is distributed as in the training rows, by the bins of reference.json, and none
    depends on another. Written as pyarrow writes by default, two row groups to a file.
    """
    folder = WORK / "rows" / f"{name}-{rows}"
    if folder.exists():
        return folder
    beside = folder.with_suffix(".part")
    beside.mkdir(parents=True, exist_ok=True)
    model = model_folder(name)
    names = json.loads((model / "meta.json").read_bytes())["features"]
    bins = json.loads((model / "models/v1/reference.json").read_bytes())["features"]
    random = np.random.default_rng(0)
    schema = pa.schema([(feature, pa.float64()) for feature in names])
    starts = range(0, rows, GROUP_ROWS)
    for number in range(0, len(starts), FILE_GROUPS):
        path = beside / f"{number // FILE_GROUPS:04}.parquet"
        with pq.ParquetWriter(path, schema) as writer:
            for start in starts[number : number + FILE_GROUPS]:
                count = min(GROUP_ROWS, rows - start)
                columns = [_draw(random, bins[feature], count) for feature in names]
                table = pa.table(columns, schema=schema)
                writer.write_table(table, row_group_size=GROUP_ROWS)
    return beside.rename(folder)


def _draw(random: np.random.Generator, bins: dict[str, list[float]], count: int) -> pa.Array:
    counts, edges = np.array(bins["counts"]), np.array(bins["edges"])
    chosen = random.choice(len(counts), count, p=counts / counts.sum())
    return pa.array(edges[chosen] + random.random(count) * np.diff(edges)[chosen])


def first_rows(folder: Path, count: int) -> pa.Table:
    """The first rows of the files in a folder."""
    with pq.ParquetFile(min(folder.glob("*.parquet"))) as file:
        return pa.Table.from_batches([next(file.iter_batches(count))])


def read_predictions(folder: Path) -> pa.ChunkedArray:
    """The predictions in the files of a folder, in the order of the rows."""
    paths = sorted(folder.glob("[!_]*.parquet"))
    columns = [pq.read_table(path, columns=["prediction"])["prediction"] for path in paths]
    texts = [column.cast(pa.string()) for column in columns]
    return pa.chunked_array([chunk for column in texts for chunk in column.chunks])
