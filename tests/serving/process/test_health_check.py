"""Where the images' health check asks, and what it says."""

import socket
import subprocess
import sys
import threading

import pytest

from maas.config.paths import PROJECT
from maas.config.reading import load_service_config
from maas.serving.process import health_check
from tests.server import free_port

CONFIG = (PROJECT / "configs/service_config.yaml").read_text(encoding="utf-8")
SERVE = ["/opt/venv/bin/python", "/opt/venv/bin/bentoml", "serve"]


@pytest.mark.parametrize(
    ("environ", "options", "address"),
    [
        ({}, "", ("127.0.0.1", 8000)),
        ({"BENTOML_HOST": "0.0.0.0", "PORT": "9000"}, "", ("127.0.0.1", 9000)),
        ({"BENTOML_HOST": "::"}, "", ("::1", 8000)),
        ({"BENTOML_HOST": "10.0.0.7"}, "", ("10.0.0.7", 8000)),
        ({"BENTOML_PORT": "7000", "PORT": "9000"}, "", ("127.0.0.1", 7000)),
        ({"BENTOML_PORT": "7000", "PORT": "9000"}, "--port 6000", ("127.0.0.1", 6000)),
        ({"PORT": "9000"}, "--port=6000 --host=10.0.0.7", ("10.0.0.7", 6000)),
        ({}, "service:ModelService -p 6000 --host ::", ("::1", 6000)),
        ({}, "-p6000", ("127.0.0.1", 6000)),
    ],
)
def test_it_asks_where_the_service_listens(
    environ: dict[str, str], options: str, address: tuple[str, int]
):
    assert health_check.find_address(environ, SERVE + options.split(), CONFIG) == address


@pytest.mark.parametrize("port", ["9000", '"9000"', "9000 # of the service"])
def test_it_reads_the_port_of_the_config(port: str):
    config = CONFIG.replace("port: 8000", f"port: {port}")
    assert config != CONFIG
    assert health_check.find_address({}, SERVE, config) == ("127.0.0.1", 9000)
    assert health_check.find_address({}, SERVE, "") == ("127.0.0.1", 8000)


def test_without_variables_it_asks_where_the_config_of_the_service_says():
    config = load_service_config(PROJECT / "configs/service_config.yaml", {})
    assert health_check.find_address({}, SERVE, CONFIG) == (config.host, config.port)


def run(port: int) -> subprocess.CompletedProcess[str]:
    """Run it as the images do: without the packages, and without variables of Python."""
    return subprocess.run(
        [sys.executable, "-IS", health_check.__file__],
        env={"PORT": str(port)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("status", "code"), [("200 OK", 0), ("503 Service Unavailable", 1)])
def test_it_exits_as_the_service_answers(status: str, code: int):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                assert connection.recv(1024).startswith(b"GET /readyz ")
                connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        done = run(server.getsockname()[1])
        thread.join()
    assert done.returncode == code
    assert done.stderr == ("" if code == 0 else f"not ready: HTTP/1.1 {status}\n")


def test_no_service_is_one_line():
    done = run(free_port())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("not ready: ")
    assert done.stderr.count("\n") == 1


def test_it_reads_the_command_that_a_shell_runs():
    command = ["sh", "-c", "bentoml", "serve", "-p", "9006;", "echo", "end"]
    assert health_check.find_address({}, command, CONFIG) == ("127.0.0.1", 9006)
