"""A batch by columns is the same rows, or the same refusal, as one row after the other."""

import gc
import json
import random
import weakref

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from maas.model.predictor import Predictor
from maas.model.row import row_type
from maas.model.signature import Feature, Signature
from maas.serving.api.batch_type import batch_type
from maas.serving.api.json_chunks import split_list
from maas.serving.api.row_batch import RowBatch

FEATURES = (
    Feature(name="number", column="n", type="number", minimum=0.0, maximum=1.0),
    Feature(name="kind", column="k", type="category", categories=("a", "b", "é")),
    Feature(name="whole", column="w", type="integer", minimum=0.0, maximum=9.0),
    Feature(name="flag", column="f", type="boolean"),
    Feature(name="gap", column="g", type="number", nullable=True, minimum=0.0, maximum=1.0),
    Feature(name="rare", column="r", type="category", nullable=True, categories=("x", "y")),
)
GOOD = {
    "number": [0, 1, -2.5, 1e30, 0.1, 16777217, 1e-45],
    "kind": ["a", "b", "é"],
    "whole": [0, 7, 3.0, -4, 2**53 + 1],
    "flag": [True, False],
    "gap": [None, 0.5, 3],
    "rare": ["x", "y", None],
}
BAD = ["1", True, None, 1e39, -1e300, 1.5, "unknown", [], {}, float("nan"), float("inf"), 10**400]


def make(unknown: str, features=FEATURES) -> tuple[Signature, type, TypeAdapter, TypeAdapter]:
    signature = Signature(
        features=features, unknown=unknown, target="t", task="regression", example={}
    )
    row = row_type(signature)
    quick = TypeAdapter(batch_type(row, signature, 500))
    return signature, row, quick, TypeAdapter(list[row])


def good_row(rng: random.Random) -> dict:
    return {name: rng.choice(values) for name, values in GOOD.items()}


@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_good_rows_give_the_matrix_of_the_one_encoder(unknown: str):
    rng = random.Random(1)
    signature, row, quick, slow = make(unknown)
    predictor = Predictor(None, signature)
    for size in (1, 2, 65, 500):
        body = json.dumps([good_row(rng) for _ in range(size)]).encode()
        batch, rows = quick.validate_json(body), slow.validate_json(body)
        assert isinstance(batch, RowBatch)
        assert batch.matrix.dtype == np.float32
        assert batch.matrix.tobytes() == predictor.encoder.encode_rows(rows).tobytes()
        assert list(batch) == rows
        assert (len(batch), batch[-1], list(batch[:1])) == (size, rows[-1], rows[:1])
        assert isinstance(batch[0], row)


@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_bad_rows_are_refused_at_the_same_places(unknown: str):
    rng = random.Random(2)
    _, _, quick, slow = make(unknown)
    refused = 0
    for _ in range(3000):
        rows = [good_row(rng) for _ in range(rng.randrange(1, 5))]
        spoiled = rng.choice(rows)
        name = rng.choice(list(GOOD))
        match rng.randrange(4):
            case 0:
                del spoiled[name]
            case 1:
                spoiled["more"] = 1
            case _:
                spoiled[name] = rng.choice(BAD)
        body = json.dumps(rows).encode()
        said = []
        for adapter in (quick, slow):
            try:
                said.append(list(adapter.validate_json(body)))
            except ValidationError as error:
                said.append([problem["loc"] for problem in error.errors()])
        assert repr(said[0]) == repr(said[1]), body
        refused += isinstance(said[1][0], tuple)
    assert refused > 1000


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b"[1]", b"[[]]", b'["ab"]', b"[{}]"])
def test_what_is_no_list_of_rows_is_left_to_the_row_type(body: bytes):
    _, _, quick, slow = make("error")
    said = []
    for adapter in (quick, slow):
        try:
            said.append(repr(adapter.validate_json(body)))
        except ValidationError as error:
            said.append(repr(error.errors(include_url=False, include_input=False)))
    assert said[0] == said[1]


def test_one_feature_and_a_full_batch():
    _, _, quick, _ = make("error", FEATURES[:1])
    assert quick.validate_json(b'[{"number": 1}, {"number": 2.5}]').matrix.tolist() == [[1], [2.5]]
    assert len(quick.validate_json(json.dumps([{"number": 1}] * 500))) == 500
    with pytest.raises(ValidationError, match="too_long"):
        quick.validate_json(json.dumps([{"number": 1}] * 501))


NASTY = ["a", "},{", '"},{"', "}, {", "[", "]", "[]}", '\\"', "é}\n,{", "😀"]


def test_a_body_in_parts_is_the_same_body_or_left_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("maas.serving.api.json_chunks._MIN_CHUNK_BYTES", 1)
    rng = random.Random(3)
    _, _, quick, slow = make("ignore")
    cut = whole = 0
    for turn in range(2000):
        rows = [good_row(rng) for _ in range(rng.randrange(1, 6))]
        if turn % 2:
            rng.choice(rows)["kind"] = rng.choice(NASTY)
        form = {"separators": rng.choice([(",", ":"), (" ,\t", ":\n")]), "ensure_ascii": turn % 3}
        outside = {"probabilities": rng.random() < 0.5}
        value = {"rows": rows, **outside} if rng.random() < 0.5 else {**outside, "rows": rows}
        body = json.dumps(value, **form).encode()
        apart = split_list(body)
        assert apart is not None, body
        try:
            batch = quick.validate_python(apart.pop("rows"))
        except ValidationError:  # a cut in a string: the body is parsed as a whole
            whole += 1
            assert turn % 2, body
            continue
        assert apart == outside
        assert list(batch) == slow.validate_json(json.dumps(rows))
        cut += len(rows) > 1
    assert cut > 1000
    assert whole > 100


ROW = b'{"number": 1}'


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"[%b]", b"[%b, %b]", b"1", b'{"rows": %b}', b'{"rows": [%b}', b'{"rows": %b]}',
        b'{"rows": [%b, %b]', b'{"rows": [[%b, %b]]}', b'{"rows": [%b], "rows": [%b]}',
        b'{"rows": [%b], "more": [%b]}', b'{"rows": [%b %b]}', b'{"rows": [%b,]}',
        b'{"rows": [,%b]}', b'{"rows": [%b,,%b]}', b'{"rows": [%b, 1, %b]}', b'{"rows": []} ]',
        b'{"rows": [{"number": NaN}]}', b'{"rows": [{"number": 1}, {"number": Infinity}]}',
        b'{"rows": [{"number": [%b, %b]}]}', b'{"a[": 1, "rows": [%b]}', b'{"rows": [%b\xff]}',
        b'{"rows": [{"number": 1, "number": 2}], "more]": 1}', b'[{"rows": [%b]}]',
    ],
)  # fmt: skip
def test_what_has_another_form_is_not_taken_in_parts(body: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("maas.serving.api.json_chunks._MIN_CHUNK_BYTES", 1)
    _, _, quick, _ = make("error", FEATURES[:1])
    body = body.replace(b"%b", ROW)
    apart = split_list(body)
    if apart is None or set(apart) != {"rows"}:
        return
    with pytest.raises(ValidationError):
        quick.validate_python(apart["rows"])


def test_a_batch_is_freed_at_once():
    _, _, quick, _ = make("error")
    batch = quick.validate_json(json.dumps([good_row(random.Random(4))]))
    assert batch[0]
    gone = weakref.ref(batch)
    gc.disable()
    try:
        del batch
        assert gone() is None
    finally:
        gc.enable()
