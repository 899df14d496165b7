"""A stream to columns: what is read, what is refused, and that nothing is believed."""

import random
import struct
import tracemalloc
from typing import Any

import pyarrow as pa
import pytest
from pydantic_core import PydanticKnownError

from maas.serving.api.arrow.stream import ArrowTable, read_table
from maas.serving.http.problems import Problem
from tests.serving.api.arrow.streams import INTEGERS, alter, declare, every_type, write
from tests.suite_size import choose

MAX_ROWS = 1000
ALTERED = choose(2000, 4000, 300_000)

READ = {
    "float64", "float32", "float16", "codes", "flag", "text", "large", "none", "view",
    "view of codes", "second view", "whole codes", "largest", *map(str, INTEGERS),
}  # fmt: skip


def take(stream: bytes, *names: str) -> ArrowTable:
    return read_table(stream, set(names), MAX_ROWS)


def values(table: ArrowTable, name: str) -> list[Any]:
    return [table.columns[name].at(row) for row in range(table.rows)]


def refuse(stream: bytes, *names: str) -> str:
    with pytest.raises(Problem) as raised:
        take(stream, *(names or ("a",)))
    assert raised.value.status == 400
    assert raised.value.reasons == ["arrow_invalid"]
    return raised.value.detail.removeprefix("the body is not a valid Arrow stream: ")


@pytest.mark.parametrize("rows", [None, 5, 1])
def test_every_value_is_what_was_written(rows: int | None):
    written = every_type()
    table = take(write(written, rows), *written.column_names)
    assert table.rows == 12
    for name in written.column_names:
        expected = written[name].to_pylist()
        if name in READ:
            assert values(table, name) == expected, name
        else:
            assert table.columns[name].kind == "other"
            given = [value is None for value in values(table, name)]
            assert given == [value is None for value in expected], name


def test_each_column_is_found_whatever_stands_before_it():
    written = every_type()
    for seed in range(30):
        names = random.Random(seed).sample(written.column_names, 8)
        table = take(write(written.select(names), 7), *names)
        for name in READ.intersection(names):
            assert values(table, name) == written[name].to_pylist(), names


def test_columns_of_other_names_are_named_and_not_read():
    table = take(write(pa.table({"b": [1], "a": [2.5], "c": [[1]]})), "a", "d")
    assert (list(table.columns), table.others, table.repeated) == (["a"], ["b", "c"], [])


def test_the_first_of_two_columns_of_one_name_counts():
    table = take(write(pa.table([[1], [2], [3]], names=["a", "b", "a"])), "a", "b")
    assert (values(table, "a"), table.repeated) == ([1], ["a"])


def test_dictionaries_may_be_replaced_and_differ_from_batch_to_batch():
    batches = [["x", "y"], ["z", None], ["y", "x"]]
    arrays = [pa.array(batch).dictionary_encode() for batch in batches]
    written = pa.table({"a": pa.chunked_array(arrays)})
    assert values(take(write(written), "a"), "a") == ["x", "y", "z", None, "y", "x"]


def test_what_a_null_hides_is_not_read():
    buffers = [b"\x01", struct.pack("<3i", 0, 1, 3), b"a\xff\xff"]
    hidden = pa.Array.from_buffers(pa.string(), 2, list(map(pa.py_buffer, buffers)))
    assert values(take(write(pa.table({"a": hidden})), "a"), "a") == ["a", None]


def test_a_slice_is_read_as_it_was_written():
    written = every_type().slice(3, 5)
    table = take(write(written), *written.column_names)
    for name in READ:
        assert values(table, name) == written[name].to_pylist(), name


@pytest.mark.parametrize("columns", [{}, {"a": pa.array([], pa.float64())}])
def test_a_stream_without_rows_is_a_table_without_rows(columns: dict[str, Any]):
    assert take(write(pa.table(columns)), "a").rows == 0


GOOD = write(pa.table({"a": [1.5, 2.5, None], "t": ["x", "yy", None]}))


def test_every_cut_of_a_stream_is_refused():
    for size in range(len(GOOD)):
        refuse(GOOD[:size])


def the_file_format() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, pa.schema([("a", pa.int8())])):
        pass
    return sink.getvalue().to_pybytes()


def deltas() -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    first = pa.DictionaryArray.from_arrays([0, 1], ["x", "y"])
    second = pa.DictionaryArray.from_arrays([0, 2], ["x", "y", "z"])
    schema = pa.schema([("a", first.type)])
    with pa.ipc.new_stream(sink, schema, options=options) as writer:
        for array in (first, second):
            writer.write_batch(pa.record_batch([array], schema=schema))
    return sink.getvalue().to_pybytes()


def nested(depth: int) -> bytes:
    kind: Any = pa.int8()
    for _ in range(depth):
        kind = pa.list_(kind)
    return write(pa.table({"a": pa.array([None], kind)}))


def change(stream: bytes, numbers: tuple[int, ...], into: tuple[int, ...]) -> bytes:
    """The stream with other numbers (int32) in the one place where it has these."""
    written = struct.pack("<4i", *numbers)
    assert stream.count(written) == 1
    return stream.replace(written, struct.pack("<4i", *into))


PLACES = pa.array([0, 1, 0, 2], pa.int32())
CODES = write(pa.table({"a": pa.DictionaryArray.from_arrays(PLACES, ["x", "y", "z"])}))
TEXTS = write(pa.table({"a": ["x", "yy", "zz"]}))
TABLE = pa.table({"a": [1.5] * 100, "t": ["é" * 20] * 100})

REFUSED = {
    "empty": (b"", "ends too early; close the writer"),
    "json": (b'{"rows": []}', "should be a message is none"),
    "file": (the_file_format(), "write it in the streaming format"),
    "rubbish after it": (GOOD + b"\0", "bytes follow its end"),
    "two streams": (GOOD + GOOD, "bytes follow its end"),
    "not closed": (GOOD[:-8], "close the writer"),
    "no schema": (GOOD[-8:], "no schema"),
    "schema twice": (
        bytes(TABLE.schema.serialize()) * 2 + GOOD[-8:], "must begin with its one schema"
    ),
    "batch first": (
        GOOD.replace(bytes(pa.ipc.open_stream(GOOD).schema.serialize()), b""), "must begin with"
    ),
    "zstd": (write(TABLE, compression="zstd"), "write it without compression"),
    "lz4": (write(TABLE, compression="lz4"), "write it without compression"),
    "delta": (deltas(), "write each dictionary as a whole"),
    "nested": (nested(60), "nested more than 32 deep"),
    "many columns": (
        write(pa.table({str(index): [1] for index in range(20_001)})), "more than 20000 columns"
    ),
    "text that is not UTF-8": (
        write(pa.table({"a": ["é" * 9]})).replace("é".encode(), b"\xff\xfe"), "not valid UTF-8"
    ),
    "name that is not UTF-8": (
        write(pa.table({"é": [1]})).replace("é".encode(), b"\xff\xfe"), "name of a column"
    ),
    "place outside of a dictionary": (change(CODES, (0, 1, 0, 2), (0, 1, 0, 3)), "leads out of it"),
    "negative place": (change(CODES, (0, 1, 0, 2), (0, 1, 0, -1)), "leads out of it"),
    "offsets out of order": (change(TEXTS, (0, 1, 3, 5), (0, 3, 1, 5)), "not in order"),
    "offsets out of bounds": (change(TEXTS, (0, 1, 3, 5), (0, 1, 3, 9)), "lead out of its data"),
    "negative offset": (change(TEXTS, (0, 1, 3, 5), (-9, 1, 3, 5)), "lead out of its data"),
    "view out of bounds": (
        write(pa.table({"a": pa.array(["x" * 40], pa.string_view())})).replace(
            struct.pack("<i4sii", 40, b"xxxx", 0, 0), struct.pack("<i4sii", 40, b"xxxx", 0, 1)
        ),
        "lead out of its data",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_stream_or_is_not_read_is_refused_with_what_to_do(name: str):
    stream, said = REFUSED[name]
    assert said in refuse(stream)


def test_views_that_share_a_text_are_not_written_out_again_and_again():
    wide = "x" * 100_000
    column = pa.array([wide, "y" * 100_000], pa.string_view())
    views = [struct.pack("<i4sii", 90_000, b"xxxx", 0, start) for start in range(500)]
    buffers = [None, pa.py_buffer(b"".join(views)), *column.buffers()[2:]]
    shared = pa.Array.from_buffers(pa.string_view(), 500, buffers)
    assert "lead out of its data" in refuse(write(pa.table({"a": shared})))


@pytest.mark.parametrize("rows", [MAX_ROWS + 1, 2**40, 2**62, 2**63 - 1])
def test_rows_are_counted_before_anything_is_made_of_them(rows: int):
    tracemalloc.start()
    with pytest.raises(PydanticKnownError, match="should have at most 1000 items"):
        take(declare(rows, ["a"]), "a")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_rows_of_all_batches_count():
    nulls = write(pa.table({"a": pa.nulls(MAX_ROWS + 1)}), 1)
    with pytest.raises(PydanticKnownError):
        take(nulls, "a")


def test_a_dictionary_that_declares_much_is_refused():
    codes = pa.DictionaryArray.from_arrays([0] * 3, pa.nulls(1_234_567))
    stream = write(pa.table({"a": codes}))
    assert "more values than the body has bytes" in refuse(stream)


def test_altered_streams_are_read_or_refused_and_never_fail():
    texts = ["text", "large", "view", "codes", "view of codes", "list"]
    seeds = [
        GOOD, write(every_type(), 5), write(every_type().select(texts), 5),
        write(every_type().select(["float64", "int8", "flag"]), 5),
    ]  # fmt: skip
    names = every_type().column_names
    read = refused = 0
    for number in range(ALTERED):
        rng = random.Random(number)
        stream = alter(rng.choice(seeds), rng)
        try:
            table = read_table(stream, {"a", "t", *names}, MAX_ROWS)
            for column in table.columns.values():
                assert len(column) == table.rows
                [column.at(row) for row in range(table.rows)]
            read += 1
        except (Problem, PydanticKnownError):
            refused += 1
    assert read > ALTERED / 20
    assert refused > ALTERED / 20
