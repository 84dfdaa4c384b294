"""The linked limiter's inner loops: true peaks at every instant, and the gain that keeps them under a ceiling.

Reductions are whole numbers, `UNIT` being all of the gain: running sums of them are exact, so the gain does
not depend on where a sound is cut into blocks, and a reduction that has died away is exactly none.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from stemkit.kernels._compile import inner
from stemkit.kernels._peaks import _even_and_odd
from stemkit.kernels._shape import HISTORY, LIMITER_GROUP, LIMITER_UNIT
from stemkit.kernels._vector import highest, larger, load, magnitude, spread

UNIT, BEFORE, GROUP = LIMITER_UNIT, HISTORY // 2 - 1, LIMITER_GROUP
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


def find_largest(values, in_group, largest):
    """Find the largest value of each group (`stemkit.kernels.limiter.find_largest`)."""
    for g in range(largest.shape[0]):
        start, end = g * in_group, min(values.shape[0], (g + 1) * in_group)
        whole = start + max(0, end - start) // 8 * 8
        best = spread(0.0)
        for i in range(start, whole, 8):
            best = larger(magnitude(load(values, i)), best)
        most = highest(best)
        for i in range(whole, end):
            most = max(most, abs(values[i]))
        largest[g] = most


def raise_peaks(sound, taps, is_mirrored, active, room, peaks):
    """Raise ``peaks`` (`stemkit.kernels.limiter.raise_peaks`)."""
    for c in range(sound.shape[1]):
        for g in range(0, peaks.shape[0], GROUP):
            if active[g // GROUP]:
                _raise_group(sound, c, g, taps, is_mirrored, room, peaks)


@inner
def _held(needed, reach, queue, out):
    """Write the largest of ``2 * reach + 1`` neighbours."""
    n = out.shape[0]
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


def shape_gain(peaks, ceiling, half, release, before, room, gain):
    """Write the gain that keeps peaks under a ceiling (`stemkit.kernels.limiter.shape_gain`); ``room`` is zero."""
    n, width = gain.shape[0], 2 * half + 1
    needed, queue = room[0], room[1]
    for i in range(peaks.shape[0]):
        if peaks[i] > ceiling:
            needed[i] = np.int64(np.ceil((1.0 - ceiling / peaks[i]) * UNIT))
    falling = room[2, : n + 4 * half]
    _held(needed, 2 * half, queue, falling)
    state = np.int64(before)
    kept = state
    for i in range(falling.shape[0]):
        state = max(falling[i], np.int64(state * release))
        falling[i] = state
        if i == n - 1:
            kept = state
    once, twice = room[3, : n + 2 * half], room[4, :n]
    _box(falling, width, once)
    _box(once, width, twice)
    whole = np.float64(UNIT) * width * width
    for i in range(n):
        gain[i] = 1.0 - twice[i] / whole
    return kept
