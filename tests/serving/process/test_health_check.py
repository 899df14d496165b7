"""Where the image's health check asks."""

import pytest

from maas.serving.process import health_check
from tests.server import free_port


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "http://127.0.0.1:8000/readyz"),
        ({"BENTOML_HOST": "0.0.0.0", "PORT": "9000"}, "http://127.0.0.1:9000/readyz"),
        ({"BENTOML_HOST": "::"}, "http://[::1]:8000/readyz"),
        ({"BENTOML_HOST": "10.0.0.7"}, "http://10.0.0.7:8000/readyz"),
        ({"BENTOML_PORT": "7000", "PORT": "9000"}, "http://127.0.0.1:7000/readyz"),
    ],
)
def test_it_asks_where_the_service_listens(environ: dict[str, str], url: str):
    assert health_check.readyz_url(environ) == url


def test_no_service_is_exit_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.delenv("BENTOML_PORT", raising=False)
    assert health_check.main() == 1
    assert capsys.readouterr().err.startswith("not ready: ")
