"""A listener that refuses connections and keeps those that it has; real sockets."""

import logging
import socket
import sys
from pathlib import Path

import pytest

from maas.serving.process import listener as listener_module
from maas.serving.process.listener import refuse_connections

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse")


def listen(family: socket.AddressFamily, host: str) -> socket.socket:
    listener = socket.socket(family)
    listener.bind((host, 0))
    listener.listen()
    listener.settimeout(10)
    return listener


def connect(listener: socket.socket) -> socket.socket:
    client = socket.socket(listener.family)
    client.settimeout(10)
    try:
        client.connect(listener.getsockname())
    except OSError:
        client.close()
        raise
    return client


@pytest.fixture
def _has_address(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            pytest.skip(f"no address {host} here ({error.strerror})")


@linux
@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
@pytest.mark.usefixtures("_has_address")
def test_what_is_in_the_queue_is_accepted_and_a_new_connection_is_refused(
    family: socket.AddressFamily, host: str, caplog: pytest.LogCaptureFixture
):
    with listen(family, host) as listener, connect(listener) as queued:
        queued.sendall(b"a request")
        refuse_connections(listener.fileno())
        refuse_connections(listener.fileno())  # as another worker does, on the same socket
        with pytest.raises(ConnectionRefusedError):
            connect(listener)
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.recv(100) == b"a request"
            accepted.sendall(b"an answer")
            assert queued.recv(100) == b"an answer"
    assert caplog.text == ""


@linux
def test_a_socket_in_the_file_system_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind("here")
        listener.listen()
        refuse_connections(listener.fileno())
        client.connect("here")


@linux
def test_a_kernel_that_cannot_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(listener_module, "_SO_BINDTOIFINDEX", 9999)  # an option of no kernel
    with listen(socket.AF_INET, "127.0.0.1") as listener, caplog.at_level(logging.WARNING):
        refuse_connections(listener.fileno())
        connect(listener).close()
    assert caplog.messages == [
        "connections of the last moment will be reset: Protocol not available"
    ]
