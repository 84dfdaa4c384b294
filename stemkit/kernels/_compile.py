"""How kernels are compiled: strict arithmetic, no bounds checks, the lock of the interpreter released."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import event

from stemkit.core.progress import Event, tell_listeners
from stemkit.kernels import CAN_KEEP_KERNELS

ONCE = "preparing, once (some seconds)"
EVERY_TIME = "preparing (some seconds, every time: no cache folder can be written)"
F = TypeVar("F", bound=Callable[..., Any])
_njit: Callable[..., Callable[[Any], Any]] = numba.njit
_STRICT = {"nogil": True, "error_model": "numpy", "boundscheck": False}


def inner(function: F) -> F:
    """Compile a function that only other kernels call; it is kept inside them."""
    compiled: F = _njit(**_STRICT, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled


def outer(function: Callable[..., Any], *, unordered: bool, with_wrapper: bool) -> Any:
    """Return numba's dispatcher for a function that Python calls.

    Parameters
    ----------
    unordered
        Sums may be added in any order, for speed; the function meets no NaN.
    with_wrapper
        Whether numba's dispatcher itself is called, which also keeps the function between runs where it can.
    """
    fastmath = {"reassoc", "contract", "nnan", "nsz"} if unordered else False
    if with_wrapper:
        return _njit(**_STRICT, cache=CAN_KEEP_KERNELS, fastmath=fastmath)(function)
    return _njit(**_STRICT, no_cpython_wrapper=True, no_cfunc_wrapper=True, fastmath=fastmath)(function)


class _Told(event.Listener):
    """Says that kernels are compiled, whichever it is and whoever needs it."""

    def __init__(self) -> None:
        self._inside = 0

    def on_start(self, event: Any) -> None:
        if self._is_ours(event):
            self._inside += 1
            tell_listeners(Event(ONCE if CAN_KEEP_KERNELS else EVERY_TIME, 0, 1))

    def on_end(self, event: Any) -> None:
        if self._is_ours(event):
            self._inside -= 1
            if not self._inside:
                tell_listeners(Event(ONCE if CAN_KEEP_KERNELS else EVERY_TIME, 1, 1))

    def _is_ours(self, event: Any) -> bool:
        return bool(event.data["dispatcher"].py_func.__module__.startswith("stemkit."))


event.register("numba:compile", _Told())  # type: ignore[no-untyped-call]
