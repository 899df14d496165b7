"""What is answered without the model."""

import asyncio
from collections.abc import Sequence

import pytest

from maas.serving.api.info_routes import ROUTES, UNMATCHED, InfoRoutes, allow
from maas.serving.http.problems import Problem
from maas.serving.http.response import Response
from maas.serving.http.types import Message, Receive, Scope, Send
from maas.serving.page.kept import Kept
from tests.serving.asgi import make_request
from tests.serving.monitoring.text import parse

DOCUMENTS = ("/model", "/docs.json", "/schema.json")
PROBES = ("/livez", "/healthz", "/readyz")
HTML = (b"content-type", b"text/html")


class Page:
    def __init__(self) -> None:
        self.whole = Kept(lambda: b"<!doctype html>")
        self.content = Kept(lambda: b"<div>content</div>")
        self.inputs = Kept(lambda: b"<div>inputs</div>")

    def choices(self, feature: str) -> tuple[str, ...] | None:
        return ("a", "\udcff") if feature == "colour" else None


class Documents:
    endpoints = ("/predict",)
    drift = None

    @property
    def page(self) -> Page:
        return Page()

    def document(self, route: str) -> bytes:
        return f'"{route}"'.encode()


class BentomlApp:
    """Answers every request with the same messages, and keeps what it was asked."""

    def __init__(self, *messages: Message) -> None:
        self.messages = messages
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        for message in self.messages:
            await send(message)


def start(status: int, *headers: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(part: bytes, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": part, "more_body": more}


def ask(
    path: str,
    method: str = "GET",
    messages: Sequence[Message] = (start(200, HTML), body(b"ok")),
    stopping: bool = False,
    query: bytes = b"",
) -> tuple[Response, list[Scope]]:
    app = BentomlApp(*messages)
    info = InfoRoutes(app)
    request = make_request(method=method, path=path)
    request.scope["query_string"] = query
    answer = info.respond(request, info.route(path), Documents(), stopping)
    response = asyncio.run(answer)
    assert request.scope["method"] == method
    return response, app.scopes


def refuse(path: str, method: str = "GET", **arguments) -> Problem:
    with pytest.raises(Problem) as raised:
        ask(path, method, **arguments)
    return raised.value


@pytest.mark.parametrize("path", [*DOCUMENTS, *PROBES, "/metrics"])
def test_a_path_that_is_answered_is_its_own_route(path: str):
    assert InfoRoutes(BentomlApp()).route(path) == path
    assert path in ROUTES


@pytest.mark.parametrize("path", ["/static_content/", "/static_content/a/b.js"])
def test_all_files_of_the_ui_are_one_route(path: str):
    assert InfoRoutes(BentomlApp()).route(path) == "/static_content/"


@pytest.mark.parametrize(
    "path", ["", "/x", "/model/", "/Model", "//", "/metrics/x", "/static_content"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_other_path_is_404(path: str, method: str):
    assert InfoRoutes(BentomlApp()).route(path) == UNMATCHED
    assert refuse(path, method).status == 404


@pytest.mark.parametrize("path", [*DOCUMENTS, *PROBES, "/metrics", "/static_content/a.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get"])
def test_only_get_and_head_are_allowed(path: str, method: str):
    problem = refuse(path, method)
    assert (problem.status, problem.detail) == (405, "use GET, HEAD here")
    assert problem.headers == [(b"allow", b"GET, HEAD")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_json(path: str, method: str):
    response, asked = ask(path, method)
    assert response == Response(200, b"application/json", f'"{path}"'.encode())
    assert asked == []


@pytest.mark.usefixtures("registry")
def test_metrics_are_the_text_that_prometheus_reads():
    response, asked = ask("/metrics")
    assert response.content_type == b"text/plain; version=0.0.4; charset=utf-8"
    assert parse(response.body)
    assert asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [*PROBES, "/static_content/a.js"])
def test_bentoml_is_asked_for_its_own_routes(path: str, method: str):
    response, (scope,) = ask(path, method)
    assert (response.status, response.content_type) == (200, b"text/html")
    assert response.body == b"ok"
    assert (scope["path"], scope["method"]) == (path, "GET")


def test_an_answer_of_bentoml_is_one_response():
    etag = (b"etag", b"x")
    parts = [body(b"a", more=True), {"type": "http.response.body", "more_body": True}, body(b"bc")]
    head = start(200, (b"content-length", b"3"), HTML, etag)
    response, _ = ask("/docs", messages=[head, *parts])
    assert (response.status, response.body) == (200, b"abc")
    assert etag in response.headers
    assert not any(name == b"content-length" for name, _ in response.headers)


@pytest.mark.parametrize("kind", [b"text/html", b"text/html; charset=utf-8"])
def test_a_page_may_load_nothing_from_elsewhere(kind: bytes):
    response, _ = ask("/docs", messages=[start(200, (b"content-type", kind)), body(b"<html>")])
    policy = dict(response.headers)[b"content-security-policy"].decode()
    allowed = dict(part.split(maxsplit=1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == allowed["connect-src"] == "'self'"
    sources = {source for name in allowed for source in allowed[name].split()}
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_ui_of_bentoml_is_under_docs(method: str):
    response, (scope,) = ask("/docs", method)
    assert (response.status, response.body) == (200, b"ok")
    assert (scope["path"], scope["raw_path"], scope["method"]) == ("/", b"/", "GET")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/", b"<!doctype html>"),
        ("/page/content", b"<div>content</div>"),
        ("/page/drift", b"<div>inputs</div>"),
    ],
)
def test_the_page_may_run_and_load_nothing_but_its_own_files(path: str, content: bytes):
    response, asked = ask(path)
    assert (response.status, response.body, asked) == (200, content, [])
    headers = dict(response.headers)
    assert headers[b"cache-control"] == b"no-store"
    policy = headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "data:" not in policy


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/page/style.css", b"text/css; charset=utf-8"),
        ("/page/script.js", b"text/javascript; charset=utf-8"),
        ("/page/icon.svg", b"image/svg+xml"),
    ],
)
def test_static_files_are_kept_by_browsers(path: str, kind: bytes):
    response, _ = ask(path)
    assert (response.status, response.content_type) == (200, kind)
    assert len(response.body) > 100
    assert b"immutable" in dict(response.headers)[b"cache-control"]


def test_the_choices_of_a_feature_are_its_categories():
    response, _ = ask("/page/choices", query=b"feature=colour")
    assert (response.content_type, response.body) == (b"application/json", b'["a", "?"]')


@pytest.mark.parametrize("query", [b"feature=size", b"feature=", b"", b"x=y", b"&" * 50, b"\xff=1"])
def test_there_are_choices_of_features_alone(query: bytes):
    with pytest.raises(Problem) as caught:
        ask("/page/choices", query=query)
    assert caught.value.status == 404


def test_what_is_no_page_has_no_policy():
    response, _ = ask("/livez", messages=[start(200, (b"content-type", b"text/plain")), body(b"")])
    assert response.headers == ()


def test_an_answer_without_a_body_stays_without_one():
    response, _ = ask("/docs", messages=[start(304, (b"etag", b"x")), body(b"")])
    assert response == Response(304, b"", b"", ((b"etag", b"x"),))


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/openapi.json", "/docs.json"),
        ("/predict/", "/predict"),
        ("/predict//", "/predict"),
        ("/model/", "/model"),
        ("/readyz/", "/readyz"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_is_almost_one_points_to_it(path: str, meant: str, method: str):
    problem = refuse(path, method)
    assert problem.status == 404
    assert problem.detail == f"there is nothing under this path; did you mean {meant}?"


@pytest.mark.parametrize("path", ["/x", "/x/", "//", "", "/predict_proba/"])
def test_any_other_path_points_nowhere(path: str):
    assert refuse(path).detail == "there is nothing under this path"


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (404, "there is nothing under this path"),
        (503, "the service is not ready"),
        (500, "BentoML's own app answered 500 (Internal Server Error)"),
        (429, "BentoML's own app answered 429 (Too Many Requests)"),
    ],
)
def test_a_refusal_of_bentoml_keeps_its_meaning(status: int, detail: str):
    retry = (b"retry-after", b"3")
    messages = [start(status, HTML, retry), body(b"<html>")]
    problem = refuse("/readyz", messages=messages)
    assert (problem.status, problem.detail, problem.headers) == (status, detail, [retry])


def test_the_service_is_not_ready_while_it_stops():
    problem = refuse("/readyz", stopping=True)
    assert (problem.status, problem.detail) == (503, "the service is stopping")


@pytest.mark.parametrize("path", ["/livez", "/healthz", "/", "/model"])
def test_the_service_lives_while_it_stops(path: str):
    assert ask(path, stopping=True)[0].status == 200


def test_a_method_that_is_allowed_passes():
    allow("POST", ("POST",))
    with pytest.raises(Problem, match="use POST, PUT here"):
        allow("GET", ("POST", "PUT"))
