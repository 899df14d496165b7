"""Asks the service of this container whether it is ready; the image's HEALTHCHECK runs it."""

import os
import sys
import urllib.request
from collections.abc import Mapping
from ipaddress import ip_address

from maas.config.paths import PROJECT
from maas.config.reading import load_service_config

_TIMEOUT_S = 2


def readyz_url(environ: Mapping[str, str]) -> str:
    """The address of /readyz where `bentoml serve`, without options, listens."""
    config = load_service_config(PROJECT / "configs" / "service_config.yaml", environ)
    host = config.host
    if ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{environ.get('BENTOML_PORT') or config.port}/readyz"


def main() -> int:
    """Exit 0 if it is ready."""
    try:
        with urllib.request.urlopen(readyz_url(os.environ), timeout=_TIMEOUT_S):  # noqa: S310
            return 0
    except OSError as error:
        print(f"not ready: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
