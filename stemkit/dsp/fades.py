"""Fade gains as a pure function of the position inside the fade, so that no block edge shows.

Position *n* of a fade of *N* samples is sampled at (n + 1/2) / N: the curve is symmetric, and the
two gains of an equal-gain pair add up to exactly 1.0 in float64.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import FadeLaw

Direction = Literal["in", "out"]


def fade_gains(law: FadeLaw, start: int, end: int, length: int, direction: Direction) -> NDArray[np.float64]:
    """Return the gains of a fade at the positions ``start`` to ``end`` (not included).

    Parameters
    ----------
    law
        ``"equal-gain"`` for sound that goes on across the cut, ``"equal-power"`` for unrelated sound.
    start, end
        Positions in samples from the start of the fade, ``0 <= start <= end <= length``.
    length
        Length of the whole fade in samples.
    direction
        ``"in"`` rises, ``"out"`` falls.

    Returns
    -------
    ndarray of float64, shape ``(end - start,)``
        Linear gains between 0.0 and 1.0.
    """
    if not 0 <= start <= end <= length:
        raise ValueError(f"positions {start} to {end} are not inside a fade of {length} samples")
    halves = 2 * np.arange(start, end, dtype=np.int64) + 1
    if direction == "out":
        halves = 2 * length - halves
    if law == "equal-gain":
        return _rising_line(halves, length)
    return np.sin((0.5 * math.pi) * _rising_line(halves, length))


def _rising_line(halves: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    # The upper half is 1 minus the lower one, so that mirrored positions add up to exactly 1.0.
    lower = np.minimum(halves, 2 * length - halves) / np.float64(2 * length)
    return np.where(halves <= length, lower, 1.0 - lower)
