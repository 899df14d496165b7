"""Checks, once numpy is loaded, that the pins took: an unknown kernel name is ignored silently."""

import platform

import numpy as np
import threadpoolctl

from maas.config.train_config import Numerics
from maas.errors import PinError

_PINNED_KERNEL = "Nehalem"
_DISABLED_FEATURES = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR")


def check_pins(numerics: Numerics) -> None:
    """Compare what numpy and its BLAS really use with what was asked for.

    Raises:
        PinError: a thread count, a BLAS kernel or a CPU feature is another.
    """
    if numerics == "native":
        return
    # A first product loads the BLAS kernel; before it there may be nothing to see.
    np.dot(np.ones((2, 2)), np.ones((2, 2)))
    for pool in threadpoolctl.threadpool_info():
        where = pool["filepath"].rpartition("/")[2]
        if pool["num_threads"] != 1:
            raise _not_pinned(where, f"uses {pool['num_threads']} threads")
        kernel = pool.get("architecture")
        if pool["internal_api"] == "openblas" and _is_x86_64() and kernel != _PINNED_KERNEL:
            raise _not_pinned(where, f"uses the kernel {kernel}")
    if _is_x86_64():
        features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
        used = [name for name in _DISABLED_FEATURES if features.get(name)]
        if used:
            raise _not_pinned("numpy", f"uses {', '.join(used)}")


def _is_x86_64() -> bool:
    return platform.machine().lower() in {"x86_64", "amd64"}


def _not_pinned(where: str, what: str) -> PinError:
    return PinError(
        where,
        f"{what} although it was pinned",
        "install the locked packages, or set `numerics: native` and forgo the promise",
    )
