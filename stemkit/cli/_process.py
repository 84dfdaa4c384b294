"""The process around a command: its signals, and a standard output that only results reach."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType

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
    """Let only Python print to standard output: libsndfile prints there about some damaged files.

    What C libraries write to file descriptor 1 goes to standard error from now on.
    """
    stream = sys.stdout
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stream.flush()
        if stream.fileno() != 1:
            return
        kept = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = open(kept, "w", encoding=stream.encoding, errors=stream.errors, buffering=1)  # noqa: SIM115, PTH123
