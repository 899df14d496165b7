"""Speaks HTTP as no client library would: byte by byte, wrongly, slowly, or not to the end."""

import json
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.server import Server


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


def connect(server: Server, receive_buffer: int | None = None) -> socket.socket:
    """A connection; with a small buffer, little is taken from the server that is not read."""
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        # The server's kernel buffers by the size of a segment, which is large on one machine.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", urlsplit(str(server.client.base_url)).port))
    return connection


def head(path: str = "/predict", method: str = "POST", version: str = "1.1", **headers) -> bytes:
    lines = {"Host": "x", "Content-Type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"{method} {path} HTTP/{version}\r\n{text}\r\n".encode()


def request(body: bytes, path: str = "/predict", **headers) -> bytes:
    return head(path, **({"Content-Length": str(len(body))} | headers)) + body


def read(connection: socket.socket) -> Answer:
    """Read one answer; an empty status means that the server closed without one."""
    file = connection.makefile("rb")
    line = file.readline()
    if not line:
        return Answer(0, {}, b"")
    headers = {}
    while header := file.readline().strip():
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(file.readline(), 16):
            body += file.read(size)
            file.readline()
        file.readline()
    else:
        body = file.read(int(headers.get("content-length", 0)))
    return Answer(int(line.split()[1]), headers, body)


def ask(server: Server, *parts: bytes | float) -> Answer:
    """Send parts, pausing for each number of seconds among them; read the answer."""
    with connect(server) as connection:
        try:
            for part in parts:
                time.sleep(part) if isinstance(part, float) else connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before the end: the answer is there all the same
        return read(connection)


def chunked(parts: Iterable[bytes]) -> Iterable[bytes]:
    for part in parts:
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"
