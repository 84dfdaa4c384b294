"""The quantiser's loops: TPDF dither out of a counter, rounding, and the count of what did not fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels._compile import inner

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_SHIFT_1, _SHIFT_2, _SHIFT_3, _HALF = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_UNIT = 1.0 / 4294967296.0
_NO_FRACTION = 6755399441055744.0  # 1.5 * 2 ** 52: its neighbours are 1.0 apart


@inner
def _triangular(key: np.uint64, position: int) -> float:
    """Return a value between -1 and 1 with triangular density, a pure function of key and position (SplitMix64)."""
    z = key + np.uint64(position) * _GOLDEN
    z = (z ^ (z >> _SHIFT_1)) * _MIX_1
    z = (z ^ (z >> _SHIFT_2)) * _MIX_2
    z = z ^ (z >> _SHIFT_3)
    return np.float64(np.int64(z >> _HALF) - np.int64(z & _LOW_HALF)) * _UNIT


@inner
def _whole(value: float) -> float:
    # The nearest whole number, halves to even, of all that could fit; unlike a call of rint it runs in lanes.
    return (value + _NO_FRACTION) - _NO_FRACTION


@inner
def _round(value: float, noise: float, scale: float) -> float:
    """Round to whole steps, dithered; at the very edge of the range the dither gives way, not the sound."""
    step, plain = _whole(value + noise), _whole(value)
    return step if -scale <= step < scale else plain


@inner
def _dither_channel(
    block: Floats, c: int, scale: float, key: np.uint64, start: int, touched: Flags, out: Floats
) -> None:
    step_size = 1.0 / scale
    if touched.shape[0] == 1 and touched[0]:
        for i in range(block.shape[0]):
            out[i, c] = _round(block[i, c] * scale, _triangular(key, start + i), scale) * step_size
        return
    last_flag = touched.shape[0] - 1
    for i in range(block.shape[0]):
        noise = _triangular(key, start + i) if touched[min(i, last_flag)] else 0.0
        out[i, c] = _round(block[i, c] * scale, noise, scale) * step_size


@inner
def _tie(block: Floats, one: int, other: int, out: Floats) -> None:
    """Let a channel share another's dither wherever both are equal."""
    for i in range(block.shape[0]):
        if block[i, one] == block[i, other]:
            out[i, other] = out[i, one]


@inner
def _keep_silence(block: Floats, out: Floats) -> None:
    for i in range(block.shape[0]):
        c = 0
        while c < block.shape[1] and block[i, c] == 0.0:
            c += 1
        if c == block.shape[1]:
            out[i, :] = 0.0


@inner
def _count_over(out: Floats) -> int:
    over = 0
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            over += not (-1.0 <= out[i, c] < 1.0)
    return over


@inner
def _first_over(out: Floats) -> int:
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            if not (-1.0 <= out[i, c] < 1.0):
                return i
    return -1


@inner
def _count_changed(block: Floats, touched: Flags, out: Floats) -> int:
    """Return how many values changed that nothing had touched."""
    changed = 0
    last_flag = touched.shape[0] - 1
    for i in range(block.shape[0]):
        for c in range(block.shape[1]):
            changed += (not touched[min(i, last_flag)]) and out[i, c] != block[i, c]
    return changed


@inner
def _dither_one(values: Floats, scale: float, key: np.uint64, start: int, results: Floats) -> int:
    """Do all of it for a single channel that is touched throughout, in lanes; count what is over."""
    step_size, over = 1.0 / scale, 0
    for i in range(values.shape[0]):
        a = values[i]
        u = _round(a * scale, _triangular(key, start + i), scale) * step_size
        u = 0.0 if a == 0.0 else u
        over += not (-1.0 <= u < 1.0)
        results[i] = u
    return over


@inner
def _dither_pair(values: Floats, scale: float, keys: Keys, start: int, results: Floats) -> int:
    """Do all of it for two channels that are touched throughout, in one pass that runs in lanes; count what is over.

    The arrays are flat: their width is one that the compiler knows.
    """
    step_size, over = 1.0 / scale, 0
    one, other = keys[0], keys[1]
    for i in range(values.shape[0] // 2):
        a, b = values[2 * i], values[2 * i + 1]
        noise = _triangular(one, start + i)
        apart = _triangular(other, start + i)
        u = _round(a * scale, noise, scale) * step_size
        v = _round(b * scale, noise if a == b else apart, scale) * step_size
        is_silent = (a == 0.0) & (b == 0.0)
        u, v = 0.0 if is_silent else u, 0.0 if is_silent else v
        over += (not (-1.0 <= u < 1.0)) + (not (-1.0 <= v < 1.0))
        results[2 * i] = u
        results[2 * i + 1] = v
    return over


def dither_to_grid(
    block: Floats,
    flat: Floats,
    scale: float,
    keys: Keys,
    start: int,
    touched: Flags,
    out: Floats,
    flat_out: Floats,
    counts: NDArray[np.int64],
) -> None:
    """Write a block on a grid, and what did not fit (`stemkit.kernels.dither.dither_to_grid`)."""
    if 1 <= block.shape[1] <= 2 and touched.shape[0] == 1 and touched[0]:
        if block.shape[1] == 2:
            over = _dither_pair(flat, scale, keys, start, flat_out)
        else:
            over = _dither_one(flat, scale, keys[0], start, flat_out)
        counts[0], counts[1], counts[2] = over, _first_over(out) if over else -1, 0
        return
    for c in range(block.shape[1]):
        _dither_channel(block, c, scale, keys[c], start, touched, out)
    for c in range(block.shape[1]):
        for twin in range(c - 1, -1, -1):  # the first of several has the last word
            _tie(block, twin, c, out)
    _keep_silence(block, out)
    over = _count_over(out)
    off_grid = 0 if touched.shape[0] == 1 and touched[0] else _count_changed(block, touched, out)
    counts[0], counts[1], counts[2] = over, _first_over(out) if over else -1, off_grid
