"""The linked limiter's inner loops: true peaks at every instant, and the gain that keeps them under a ceiling.

Reductions are whole numbers, `UNIT` being all of the gain: running sums of them are exact, so the gain does
not depend on where a sound is cut into blocks, and a reduction that has died away is exactly none.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels._compile import inner, kernel
from stemkit.kernels._peaks import _even_and_odd
from stemkit.kernels._shape import HISTORY

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNIT = 1 << 24
BEFORE = HISTORY // 2 - 1
AFTER = HISTORY // 2
GROUP = 32
_ROOM = GROUP + HISTORY + 8


@inner
def _mirrored(window, n, taps, even, odd, found):
    """Raise ``found`` to the values between samples of a table whose phases mirror each other."""
    for p in range(1, taps.shape[0] // 2 + 1):
        _even_and_odd(window, n, taps, p, even, odd)
        for i in range(n):
            found[i] = max(found[i], abs(even[i]) + abs(odd[i]))


@inner
def _plain(window, n, taps, even, found):
    """Raise ``found`` to the values of a table of any phases."""
    for p in range(taps.shape[0]):
        for i in range(n):
            even[i] = 0.0
        for k in range(HISTORY):
            tap = taps[p, k]
            for i in range(n):
                even[i] += tap * window[i + k]
        for i in range(n):
            found[i] = max(found[i], abs(even[i]))


@inner
def _raise_group(sound, c, g, taps, is_mirrored, room, peaks):
    window, even, odd, found = room[0], room[1], room[2], room[3]
    m = min(GROUP, peaks.shape[0] - g)
    for i in range(_ROOM):
        window[i] = sound[g + i, c] if i < m + HISTORY - 1 else 0.0
    for i in range(m):
        found[i] = abs(window[i + BEFORE])
    if is_mirrored:
        _mirrored(window, m, taps, even, odd, found)
    else:
        _plain(window, m, taps, even, found)
    for i in range(m):
        peaks[g + i] = max(peaks[g + i], found[i])


@kernel
def find_loud_groups(values: Floats, in_group: int, least: float, loud: Flags) -> None:
    """Tell for each group of ``in_group`` values whether one of them is at least so large; what is missing is not.

    Parameters
    ----------
    values
        One-dimensional.
    loud
        One flag for each group.
    """
    for g in range(loud.shape[0]):
        hits = 0
        for i in range(g * in_group, min(values.shape[0], (g + 1) * in_group)):
            hits += abs(values[i]) >= least
        loud[g] = hits > 0


@kernel
def raise_peaks(sound: Floats, taps: Floats, is_mirrored: bool, active: Flags, peaks: Floats) -> None:
    """Raise ``peaks`` to the largest magnitude of any channel from each sample up to the next one.

    Parameters
    ----------
    sound
        Shape ``(n + 47, channels)``: 23 samples before the first instant, 24 after the last one.
    taps
        Interpolation filter, shape ``(phases, 48)``.
    is_mirrored
        Whether phase 0 is the sample itself and phases ``p`` and ``phases - p`` mirror each other.
    active
        For each `GROUP` of instants whether it is looked at.
    peaks
        Shape ``(n,)``.
    """
    room = np.zeros((4, _ROOM))
    for c in range(sound.shape[1]):
        for g in range(0, peaks.shape[0], GROUP):
            if active[g // GROUP]:
                _raise_group(sound, c, g, taps, is_mirrored, room, peaks)


@inner
def _held(needed, reach, out):
    """Write the largest of ``2 * reach + 1`` neighbours."""
    n = out.shape[0]
    queue = np.zeros(needed.shape[0], dtype=np.int64)
    first = last = 0
    for i in range(needed.shape[0]):
        while last > first and needed[queue[last - 1]] <= needed[i]:
            last -= 1
        queue[last] = i
        last += 1
        if i >= 2 * reach:
            if queue[first] < i - 2 * reach:
                first += 1
            if i - 2 * reach < n:
                out[i - 2 * reach] = needed[queue[first]]


@inner
def _box(values, width, out):
    total = np.int64(0)
    for i in range(values.shape[0]):
        total += values[i]
        if i >= width:
            total -= values[i - width]
        if i >= width - 1:
            out[i - width + 1] = total


@kernel
def shape_gain(peaks: Floats, ceiling: float, half: int, release: float, before: int, gain: Floats) -> int:
    """Write the gain that keeps peaks under a ceiling, for all but the first and last ``4 * half`` instants.

    A reduction begins ``4 * half`` before what needs it, is complete there, stays as long, and dies away
    exponentially; two boxes of ``2 * half + 1`` make it smooth.

    Parameters
    ----------
    before
        The reduction on its way ``2 * half + 1`` before the first gain, 0 where there is none.
    release
        What is left of a reduction after one instant.

    Returns
    -------
    int
        The reduction on its way for the next call, which begins ``len(gain)`` instants later.
    """
    n, width = gain.shape[0], 2 * half + 1
    needed = np.zeros(peaks.shape[0], dtype=np.int64)
    for i in range(peaks.shape[0]):
        if peaks[i] > ceiling:
            needed[i] = np.int64(np.ceil((1.0 - ceiling / peaks[i]) * UNIT))
    falling = np.zeros(n + 4 * half, dtype=np.int64)
    _held(needed, 2 * half, falling)
    state = np.int64(before)
    kept = state
    for i in range(falling.shape[0]):
        state = max(falling[i], np.int64(state * release))
        falling[i] = state
        if i == n - 1:
            kept = state
    once, twice = np.zeros(n + 2 * half, dtype=np.int64), np.zeros(n, dtype=np.int64)
    _box(falling, width, once)
    _box(once, width, twice)
    whole = np.float64(UNIT) * width * width
    for i in range(n):
        gain[i] = 1.0 - twice[i] / whole
    return kept
