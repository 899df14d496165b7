"""A large body that is parsed in parts is the same body, or is left to be parsed as a whole."""

import json
import random

import pytest
from pydantic import ValidationError

from maas.serving.api.json_chunks import split_list
from tests.serving.api.rows import FEATURES, good_row, make

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
