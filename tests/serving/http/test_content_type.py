"""Which bodies are read, and when an answer is Arrow."""

import pytest

from maas.serving.http.content_type import asks_for_arrow, check_content
from maas.serving.http.problems import Problem

ARROW = b"application/vnd.apache.arrow.stream"


def check(content_type: bytes, path: str = "/batch", routes: tuple[str, ...] = ("/batch",)) -> bool:
    return check_content({b"content-type": content_type}, path, routes)


@pytest.mark.parametrize(
    ("content_type", "is_arrow"),
    [
        (b"application/json", False),
        (b"Application/JSON; charset=utf-8", False),
        (ARROW, True),
        (ARROW.upper() + b" ;", True),
    ],
)
def test_a_batch_comes_as_json_or_as_arrow(content_type: bytes, is_arrow: bool):
    assert check(content_type) is is_arrow


@pytest.mark.parametrize(
    ("content_type", "path", "routes", "said"),
    [
        (b"text/csv", "/batch", ("/batch",), "application/json or application/vnd.apache.arrow"),
        (ARROW + b", text/plain", "/batch", ("/batch",), "application/json or application/vnd"),
        (ARROW + b"; charset=utf-8", "/batch", ("/batch",), "application/json or application/vnd"),
        (b"application/vnd.apache.arrow.file", "/batch", ("/batch",), "vnd.apache.arrow.stream"),
        (ARROW, "/one", ("/batch",), "a batch as Arrow goes to POST /batch"),
        (ARROW, "/one", ("/a", "/b"), "goes to POST /a or /b"),
        (ARROW, "/one", (), "application/json"),
        (b"text/csv", "/one", ("/batch",), "application/json"),
        (b"", "/batch", ("/batch",), "application/json or"),
    ],
)
def test_any_other_body_is_415_with_what_to_send(
    content_type: bytes, path: str, routes: tuple[str, ...], said: str
):
    with pytest.raises(Problem) as raised:
        check(content_type, path, routes)
    assert raised.value.status == 415
    assert said in raised.value.detail
    assert ("arrow" in raised.value.detail.lower()) is bool(
        path in routes or (routes and content_type == ARROW)
    )


def test_an_encoded_stream_is_415():
    headers = {b"content-type": ARROW, b"content-encoding": b"gzip"}
    with pytest.raises(Problem, match="content-encoding"):
        check_content(headers, "/batch", ["/batch"])


@pytest.mark.parametrize(
    ("accept", "arrow"),
    [
        (None, False),
        (b"", False),
        (b"*/*", False),
        (b"application/*", False),
        (b"application/json", False),
        (b"text/html", False),
        (ARROW, True),
        (ARROW.upper(), True),
        (ARROW + b", application/json", True),
        (b"application/json, " + ARROW, True),
        (b"application/json;q=0.5," + ARROW, True),
        (b"*/*;q=0.1, " + ARROW, True),
        (b"*/*, " + ARROW + b"; q=0.9", False),
        (b"*/*, application/json;q=0.1, " + ARROW + b"; q=0.9", True),
        (b"application/json, " + ARROW + b";q=0.5", False),
        (ARROW + b";q=0", False),
        (ARROW + b";q=0.000", False),
        (ARROW + b";q=nan", False),
        (ARROW + b";q=2", False),
        (ARROW + b";q=-1", False),
        (ARROW + b";q=1.000;v=1", True),
        (ARROW + b";q=" + b"9" * 50_000, False),
        (b"," * 50_000 + ARROW, True),
        (b"x/" + ARROW, False),
    ],
)
def test_an_answer_is_arrow_where_that_is_named_and_liked_no_less_than_json(
    accept: bytes | None, arrow: bool
):
    headers = {} if accept is None else {b"accept": accept}
    assert asks_for_arrow(headers) is arrow
