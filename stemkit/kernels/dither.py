"""The quantiser's inner loop: TPDF dither out of a counter, rounding, and the count of what did not fit."""

from __future__ import annotations

import numpy as np
from numba import njit

from stemkit.kernels import CAN_KEEP_KERNELS

jit = njit(cache=CAN_KEEP_KERNELS, nogil=True, error_model="numpy", boundscheck=False)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_UNIT = 1.0 / 4294967296.0


@jit
def triangular(key, position):  # type: ignore[no-untyped-def]
    """Return a value between -1 and 1 with triangular density, a pure function of key and position (SplitMix64)."""
    z = key + np.uint64(position) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    z = z ^ (z >> np.uint64(31))
    return np.float64(np.int64(z >> _HALF) - np.int64(z & _LOW_HALF)) * _UNIT


@jit
def _noise(block, i, c, keys, position):  # type: ignore[no-untyped-def]
    """Return the dither of a channel: that of the first channel with the same value."""
    twin = 0
    while twin < c and block[i, twin] != block[i, c]:
        twin += 1
    return triangular(keys[twin], position)


@jit
def _is_silent(block, i):  # type: ignore[no-untyped-def]
    total = 0.0
    for c in range(block.shape[1]):
        total += abs(block[i, c])
    return total == 0.0


@jit
def _round(value, noise, scale):  # type: ignore[no-untyped-def]
    """Round to whole steps, dithered; at the very edge of the range the dither gives way, not the sound."""
    step = np.rint(value + noise)
    if -scale <= step < scale:
        return step
    return np.rint(value)


@jit
def dither_to_grid(block, scale, keys, start, touched, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Write a block on the grid of ``1 / scale`` into ``out``.

    Frames that are zero in all channels stay zero; channels of equal value share their dither;
    frames that nothing touched are copied.

    Parameters
    ----------
    block, out
        float64, shape ``(samples, channels)``.
    scale
        Steps in full scale, ``2.0 ** (bits - 1)``.
    keys
        uint64, one for each channel.
    start
        Absolute position of the block's first sample.
    touched
        bool, shape ``(samples,)``, or ``(1,)`` for the whole block.

    Returns
    -------
    tuple of int
        How many values do not fit, the first frame with one (-1: none), how many untouched values are off the grid.
    """
    over, first_over, off_grid = 0, -1, 0
    step_size = 1.0 / scale
    last_flag = touched.shape[0] - 1
    for i in range(block.shape[0]):
        is_touched = touched[min(i, last_flag)] and not _is_silent(block, i)
        for c in range(block.shape[1]):
            value = block[i, c] * scale
            noise = _noise(block, i, c, keys, start + i) if is_touched else 0.0
            step = _round(value, noise, scale)
            off_grid += step != value and not is_touched
            if not (-scale <= step < scale):
                first_over = i if over == 0 else first_over
                over += 1
            out[i, c] = step * step_size
    return over, first_over, off_grid
