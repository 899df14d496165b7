"""Which web pages may call the service, as browsers ask it."""

import pytest

from maas.serving.http.cors import Cors
from maas.serving.http.response import Response
from maas.serving.http.types import Header
from tests.serving.asgi import make_request

PAGE = b"https://app.example.com"
METHODS = {"/predict": ("POST",), "/model": ("GET", "HEAD")}
ASKS = (b"access-control-request-method", b"POST")
VARY = (b"vary", b"Origin")


def preflight(
    *headers: Header, origins: tuple[str, ...] = (PAGE.decode(),), path: str = "/predict",
    method: str = "OPTIONS",
) -> Response | None:  # fmt: skip
    return Cors(origins, METHODS).preflight(make_request(headers=headers, path=path, method=method))


def headers_of(
    *headers: Header, origins: tuple[str, ...] = (PAGE.decode(),), path: str = "/predict"
) -> tuple[Header, ...]:
    return Cors(origins, METHODS).headers(make_request(headers=headers, path=path))


@pytest.mark.parametrize(("path", "methods"), [("/predict", b"POST"), ("/model", b"GET, HEAD")])
@pytest.mark.parametrize("origins", [(PAGE.decode(), "http://b"), ("*",)])
def test_a_preflight_of_a_listed_page_says_what_it_may_send(
    path: str, methods: bytes, origins: tuple[str, ...]
):
    response = preflight((b"origin", PAGE), ASKS, origins=origins, path=path)
    assert response is not None
    assert (response.status, response.content_type, response.body) == (204, b"", b"")
    headers = dict(response.headers)
    assert headers[b"access-control-allow-methods"] == methods
    assert int(headers[b"access-control-max-age"]) > 0
    allowed = headers[b"access-control-allow-headers"].lower().split(b", ")
    assert {
        b"content-type",
        b"authorization",
        b"x-api-key",
        b"x-request-id",
        b"traceparent",
    } == set(allowed)


@pytest.mark.parametrize(
    "headers",
    [
        [ASKS],
        [(b"origin", PAGE)],
        [(b"origin", b"https://evil.example"), ASKS],
        [(b"origin", PAGE + b".evil.example"), ASKS],
        [(b"origin", PAGE), (b"origin", PAGE), ASKS],
        [(b"origin", b"null"), ASKS],
        [(b"origin", PAGE.upper()), ASKS],
        [(b"origin", b""), ASKS],
    ],
)
def test_what_is_no_preflight_of_a_listed_page_is_left_to_others(headers: list[Header]):
    assert preflight(*headers) is None


@pytest.mark.parametrize("method", ["GET", "POST", "options"])
def test_another_method_is_no_preflight(method: str):
    assert preflight((b"origin", PAGE), ASKS, method=method) is None


@pytest.mark.parametrize("path", ["/", "/metrics", "/predict/", "/nothing"])
def test_other_paths_have_no_preflight_and_no_headers(path: str):
    assert preflight((b"origin", PAGE), ASKS, path=path) is None
    assert headers_of((b"origin", PAGE), path=path) == ()


def test_an_answer_to_a_listed_page_may_be_read():
    headers = headers_of((b"origin", PAGE))
    assert dict(headers)[b"access-control-allow-origin"] == PAGE
    exposed = dict(headers)[b"access-control-expose-headers"].split(b", ")
    assert set(exposed) == {b"X-Model-Version", b"X-Model-Digest", b"X-Request-ID", b"Retry-After"}
    assert VARY in headers


def test_an_answer_to_any_page_may_be_read_where_all_may():
    headers = headers_of((b"origin", b"null"), origins=("*",))
    assert dict(headers)[b"access-control-allow-origin"] == b"*"


@pytest.mark.parametrize("headers", [(), ((b"origin", b"https://evil.example"),)])
def test_an_answer_to_others_says_only_that_it_depends_on_the_origin(headers: tuple[Header, ...]):
    assert headers_of(*headers) == (VARY,)
