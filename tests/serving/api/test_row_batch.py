"""A batch by columns is the same rows, or the same refusal, as one row after the other."""

import gc
import json
import random
import weakref

import numpy as np
import pytest
from pydantic import ValidationError

from maas.model.predictor import Predictor
from maas.serving.api.row_batch import RowBatch
from tests.serving.api.rows import BAD, FEATURES, GOOD, good_row, make


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
            said.append(repr(list(adapter.validate_json(body))))
        except ValidationError as error:
            said.append(repr(error.errors(include_url=False, include_input=False)))
    assert said[0] == said[1]


def test_one_feature_and_a_full_batch():
    _, _, quick, _ = make("error", FEATURES[:1])
    assert quick.validate_json(b'[{"number": 1}, {"number": 2.5}]').matrix.tolist() == [[1], [2.5]]
    assert len(quick.validate_json(json.dumps([{"number": 1}] * 500))) == 500
    with pytest.raises(ValidationError, match="too_long"):
        quick.validate_json(json.dumps([{"number": 1}] * 501))


def test_rows_that_the_row_type_checked_are_a_batch_too():
    signature, _, quick, slow = make("error")
    rows = [good_row(random.Random(seed)) for seed in range(3)]
    rows[1]["number"] = 3.4028234663852886e38  # at the bound, which the columns leave to the type
    for body in (json.dumps(rows), json.dumps(rows[1:2]), "[]"):
        batch, valid = quick.validate_json(body), slow.validate_json(body)
        assert isinstance(batch, RowBatch)
        assert list(batch) == valid
        assert batch.matrix.shape == (len(valid), len(FEATURES))
        expected = Predictor(None, signature).encoder.encode_rows(valid)
        assert batch.matrix.tobytes() == expected.tobytes()


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
