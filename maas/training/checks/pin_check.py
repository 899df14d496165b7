"""The check that the pins took effect: a library ignores a kernel name that it does not know."""

import platform

import numpy as np
import threadpoolctl

from maas.config.train_config import Numerics
from maas.errors import PinError

_PINNED_KERNEL = "Nehalem"
_DISABLED_FEATURES = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR")


def check_pins(numerics: Numerics) -> None:
    """Compare what numpy and its BLAS use with what was pinned; numpy must be loaded.

    Raises:
        PinError: the number of threads, the BLAS kernel or a CPU feature differs.
    """
    if numerics == "native":
        return
    # The first matrix product loads the BLAS kernel.
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
        f"{what}, although it was pinned",
        "install the locked packages, or set `numerics: native` and give up equal bytes",
    )
