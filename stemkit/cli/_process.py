"""The process around a command: its signals, and a standard output that only results reach."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
from types import FrameType
from typing import Any

from stemkit.core.interrupts import ENDING_SIGNALS

_ENOUGH = 3
_came = 0


def clean_up_on_signals() -> None:
    """Make every signal that asks for an end do what Ctrl-C does: stop, clean up, exit with 130.

    A second one waits for the cleaning up; the third ends at once (what is left then, the next run
    removes). What the caller has told us to ignore, such as the end of its terminal, stays ignored.
    """
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    global _came  # noqa: PLW0603 - a signal handler has nowhere else to count
    _came += 1
    if _came == 1:
        raise KeyboardInterrupt
    if _came >= _ENOUGH:
        os._exit(130)


def keep_results_apart() -> None:
    """Let only Python print: what C libraries say about damaged files would spoil results and flood terminals.

    File descriptors 1 and 2 lead nowhere from now on, except where STEMKIT_DEBUG is set: then both lead
    to standard error. Python prints to copies of what they were.
    """
    noise = -1
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        noise = 2 if os.environ.get("STEMKIT_DEBUG") else os.open(os.devnull, os.O_WRONLY)
        sys.stdout = _moved(sys.stdout, 1, noise)
        if noise != 2:
            sys.stderr = _moved(sys.stderr, 2, noise)
            faulthandler.enable(sys.stderr)  # a crash of a library must not be silent
    if noise > 2:
        os.close(noise)


def _moved(stream: Any, number: int, noise: int) -> Any:
    """Return a stream like the one at a file descriptor, which then leads to where the noise goes."""
    if stream is None or stream.fileno() != number:
        return stream
    stream.flush()
    kept = os.dup(number)
    os.dup2(noise, number)
    return open(kept, "w", encoding=stream.encoding, errors=stream.errors, buffering=1)  # noqa: PTH123
