"""Streams as clients write them, and some that no client should."""

import io
import random
import struct
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

CONTENT_TYPE = "application/vnd.apache.arrow.stream"


def write(table: Any, rows: int | None = None, compression: str | None = None) -> bytes:
    """A table as a stream, in batches of some rows."""
    written = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(written, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return written.getvalue()


def declare(rows: int, names: Sequence[str]) -> bytes:
    """A stream of one batch that declares rows, and holds none of any value."""
    stream = write(pa.table({name: pa.nulls(1_234_567) for name in names}))
    told = struct.pack("<q", 1_234_567)
    assert told in stream
    return stream.replace(told, struct.pack("<q", rows))


def read(stream: bytes) -> Any:
    """A stream as a table, validated in full."""
    table = pa.ipc.open_stream(stream).read_all()
    table.validate(full=True)
    return table


def every_type() -> Any:
    """A table with a column of each form that is read, and others among them."""
    texts = ["s", "é" * 20, None, "abc" * 30]
    text_view = pa.array(texts * 3, pa.string_view())
    times = pa.array([1, 2, None] * 4, pa.timestamp("us"))
    ones, zeros = pa.array([1] * 12), pa.array([0] * 12, pa.int8())
    return pa.table(
        {
            "float64": pa.array([1.5, None, 3] * 4),
            "float32": pa.array([0.1, None, 3] * 4, pa.float32()),
            "float16": pa.array([0.5, 2, 3] * 4, pa.float16()),
            "codes": pa.array(texts * 3).dictionary_encode(),
            "flag": [True, False, None] * 4,
            "list": [[1], [2, 3], None] * 4,
            "text": texts * 3,
            "large": pa.array(texts * 3, pa.large_string()),
            "none": pa.nulls(12),
            "view": text_view,
            "struct": [{"a": 1, "v": "s"}] * 12,
            "binary view": pa.array([b"x" * 20] * 12, pa.binary_view()),
            "view of codes": text_view.dictionary_encode(),
            "second view": pa.array(["x" * 40, None, "w", ""] * 3, pa.string_view()),
            "whole codes": pa.array([5, 6, None] * 4).dictionary_encode(),
            "time": times,
            "decimal": pa.array([1, 2, 3] * 4).cast(pa.decimal128(20)),
            "sparse": pa.UnionArray.from_sparse(zeros, [ones]),
            "dense": pa.UnionArray.from_dense(zeros, pa.array(range(12), pa.int32()), [ones]),
            "runs": pa.RunEndEncodedArray.from_arrays([12], [1]),
            "fixed list": pa.array([[1, 2]] * 12, pa.list_(pa.int8(), 2)),
            "fixed": pa.array([b"ab"] * 12, pa.binary(2)),
            "map": pa.array([[("a", 1)]] * 12, pa.map_(pa.string(), pa.int8())),
            "list view": pa.array([[1]] * 12, pa.list_view(pa.int8())),
            **{str(kind): pa.array([0, None, 7] * 4, kind) for kind in INTEGERS},
            "largest": pa.array([2**64 - 1] * 12, pa.uint64()),
        }
    )


INTEGERS = [
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
]


def alter(stream: bytes, rng: random.Random) -> bytes:
    """The stream with a few wrong bytes, numbers, cuts or repeats."""
    altered = bytearray(stream)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        if len(altered) < 20:
            break
        place = rng.randrange(len(altered) - 8)
        match rng.randrange(6):
            case 0 | 1:
                altered[place] = rng.randrange(256)
            case 2:
                small = rng.choice([-1, 0, 1, 2**31 - 1, -(2**31), rng.randrange(1000), 65536])
                struct.pack_into("<i", altered, place & ~3, small)
            case 3:
                large = rng.choice([-1, 0, 1, 2**63 - 1, -(2**63), 2**40, rng.randrange(1000)])
                struct.pack_into("<q", altered, place & ~7, large)
            case 4:
                del altered[place:]
            case _:
                altered[place:place] = altered[place : place + 8 * rng.randrange(1, 20)]
    return bytes(altered)
