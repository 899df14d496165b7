"""The header lines of an answer."""

import pytest

from maas.serving.http.response import CLOSE, JSON, Response

COMMON = ((b"x-model-version", b"3"), (b"x-model-digest", b"sha256:0"))


def test_content_comes_first_then_the_id_then_the_common_headers_then_its_own():
    response = Response(405, JSON, b'{"a":1}', [(b"allow", b"POST"), CLOSE])
    assert response.head("r1", COMMON) == [
        (b"content-type", b"application/json"),
        (b"content-length", b"7"),
        (b"x-request-id", b"r1"),
        *COMMON,
        (b"allow", b"POST"),
        CLOSE,
    ]


@pytest.mark.parametrize(
    ("body", "length"), [(b"", b"0"), ("é".encode(), b"2"), (b"x" * 70_000, b"70000")]
)
def test_the_content_length_counts_the_bytes_of_the_body(body: bytes, length: bytes):
    assert dict(Response(200, JSON, body).head("r1", ()))[b"content-length"] == length


def test_an_answer_without_a_content_type_names_no_content():
    response = Response(304, b"", b"", [(b"etag", b"x")])
    assert response.head("r1", COMMON) == [(b"x-request-id", b"r1"), *COMMON, (b"etag", b"x")]


def test_each_head_is_a_list_of_its_own():
    response = Response(200, JSON, b"{}")
    response.head("r1", COMMON).append(CLOSE)
    assert CLOSE not in response.head("r1", COMMON)
