"""Asks the service of this container whether it is ready; the images' HEALTHCHECK runs it.

It runs every ten seconds beside the service, as `python -IS FILE`, and imports nothing of the
project nor of its packages, which would take seven times as long.
"""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_TIMEOUT_S = 2
_CONFIG = Path(__file__).resolve().parents[3] / "configs/service_config.yaml"
_COMMAND = Path("/proc/1/cmdline")  # of the container: `bentoml serve` with its options


def find_address(
    environ: Mapping[str, str], command: Sequence[str], config: str
) -> tuple[str, int]:
    """Find where the service listens, by the rules of maas.config and `bentoml serve`.

    Args:
        environ: the variables of the container.
        command: the words of its command.
        config: the text of configs/service_config.yaml.

    Returns:
        The address to connect to, and the port.
    """
    keys = dict(_top_level_keys(config))
    host = _option(command, "--host") or environ.get("BENTOML_HOST") or keys.get("host", "")
    port = _option(command, "--port", "-p") or environ.get("BENTOML_PORT") or environ.get("PORT")
    local = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared
    return local.get(host, host), int((port or keys.get("port", "8000")).strip(";&|"))


def _option(command: Sequence[str], *names: str) -> str | None:
    for word, following in zip(command, [*command[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else following
        if word[:2] in names and word[2:3].isdigit():
            return word[2:]
    return None


def _top_level_keys(config: str) -> list[tuple[str, str]]:
    """The keys of a flat YAML file with their values, as texts."""
    lines = (line.partition("#")[0].partition(":") for line in config.splitlines())
    return [(key.rstrip(" \"'").lstrip("\"'"), value.strip(" \"'")) for key, colon, value in lines]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def ask(host: str, port: int) -> str:
    """Ask /readyz.

    Returns:
        The first line of the answer.

    Raises:
        OSError: nothing answers.
    """
    with socket.create_connection((host, port), timeout=_TIMEOUT_S) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.recv(64).partition(b"\r\n")[0].decode("latin-1")


def main() -> int:
    """Exit 0 if it is ready."""
    command = _read(_COMMAND).replace("\0", " ").split()
    try:
        answer = ask(*find_address(os.environ, command, _read(_CONFIG)))
    except (OSError, OverflowError, ValueError) as error:
        answer = str(error)
    if answer.split()[1:2] == ["200"]:
        return 0
    print(f"not ready: {answer or 'no answer in HTTP'}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
