"""Fade gains as a pure function of the position inside the fade, so that no block edge shows.

Position *n* of a fade of *N* samples is sampled at (n + 1/2) / N: the curve is symmetric, and the
two gains of an equal-gain or cosine pair add up to exactly 1.0 in float64.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import FadeLaw

Direction = Literal["in", "out"]


def fade_gains(
    law: FadeLaw, start: int, end: int, length: int, direction: Direction, correlation: float = 0.0
) -> NDArray[np.float64]:
    """Return the gains of a fade at the positions ``start`` to ``end`` (not included).

    Parameters
    ----------
    law
        ``"equal-gain"`` for sound that goes on across the cut, ``"cosine"`` for the same with rounded ends,
        ``"equal-power"`` for unrelated sound,
        ``"auto"`` for anything between.
    start, end
        Positions in samples from the start of the fade, ``0 <= start <= end <= length``.
    length
        Length of the whole fade in samples.
    direction
        ``"in"`` rises, ``"out"`` falls.
    correlation
        Of the two sides, 0 to 1, for ``"auto"``.

    Returns
    -------
    ndarray of float64, shape ``(end - start,)``
        Linear gains between 0.0 and 1.0.
    """
    if not 0 <= start <= end <= length:
        raise ValueError(f"positions {start} to {end} are not inside a fade of {length} samples")
    halves = 2 * np.arange(start, end, dtype=np.int64) + 1
    if law == "auto":
        return _of_constant_power((halves - length) / np.float64(length), correlation, direction)
    if direction == "out":
        halves = 2 * length - halves
    if law == "equal-gain":
        return _rising_line(halves, length)
    if law == "cosine":
        return _rising_cosine(halves, length)
    return np.sin((0.5 * math.pi) * _rising_line(halves, length))


def _rising_line(halves: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    # The upper half is 1 minus the lower one, so that mirrored positions add up to exactly 1.0.
    lower = np.minimum(halves, 2 * length - halves) / np.float64(2 * length)
    return np.where(halves <= length, lower, 1.0 - lower)


def _rising_cosine(halves: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    # As above: the upper half is 1 minus the lower one.
    lower = np.minimum(halves, 2 * length - halves) / np.float64(2 * length)
    risen = np.sin((0.5 * math.pi) * lower) ** 2
    return np.where(halves <= length, risen, 1.0 - risen)


def _of_constant_power(place: NDArray[np.float64], correlation: float, direction: Direction) -> NDArray[np.float64]:
    """Return gains whose pair keeps the power of two sounds of one level and any correlation from 0 to 1.

    An odd part, the same for every correlation, and an even part that makes up for the correlation;
    ``place`` runs from -1 to 1. At correlation 1 the pair adds up to 1, at 0 its squares do.

    References
    ----------
    R. Bristow-Johnson, "Equal-power crossfade" (dsp.stackexchange 14754).
    """
    odd = 9.0 / 16.0 * np.sin(0.5 * math.pi * place) + 1.0 / 16.0 * np.sin(1.5 * math.pi * place)
    even = np.sqrt(0.5 / (1.0 + correlation) - (1.0 - correlation) / (1.0 + correlation) * odd * odd)
    return even + odd if direction == "in" else even - odd
