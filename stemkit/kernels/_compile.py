"""How kernels are compiled: strict arithmetic, no bounds checks, the lock of the interpreter released."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

from stemkit.kernels import CAN_KEEP_KERNELS

F = TypeVar("F", bound=Callable[..., Any])
_njit: Callable[..., Callable[[Any], Any]] = numba.njit
_STRICT = {"nogil": True, "error_model": "numpy", "boundscheck": False}


def inner(function: F) -> F:
    """Compile a function that only other kernels call; it is kept inside them."""
    compiled: F = _njit(**_STRICT, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled


def kernel(function: F) -> F:
    """Compile a function that Python calls, and keep it between runs where that is possible."""
    compiled: F = _njit(**_STRICT, cache=CAN_KEEP_KERNELS)(function)
    return compiled
