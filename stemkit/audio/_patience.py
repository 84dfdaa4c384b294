"""How long a decoder may compute: a file that keeps it busy for ever ends with the reason, not with the night."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")
_LONGEST_S = 60.0
"""Processor time that a decoder may take before it has given as much sound: a thousand times what any needs."""


def patiently(decoded: Iterator[T], seconds_of: Callable[[T], float]) -> Iterator[T]:
    """Yield what a decoder gives, as long as it gives enough for the time that it takes.

    Only the time of this thread counts, so a busy machine fails no file.

    Parameters
    ----------
    seconds_of
        How much sound a piece holds.

    Raises
    ------
    RuntimeError
        If it has computed for a minute longer than the sound so far lasts.
    """
    spent_s = given_s = 0.0
    while True:
        begin_s = time.thread_time()
        piece = next(decoded, None)
        spent_s += time.thread_time() - begin_s
        if piece is None:
            return
        given_s += seconds_of(piece)
        if spent_s > _LONGEST_S + given_s:
            raise RuntimeError(f"its decoder has computed for {spent_s:.0f} s and given {given_s:.0f} s of sound")
        yield piece
