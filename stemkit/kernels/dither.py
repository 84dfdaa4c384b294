"""The quantiser's kernel, ready to be called; see `stemkit.kernels._dither_body` for how it works."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels._object_code import ObjectKernel
from stemkit.kernels._shape import FITS, TILE

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

_dither = ObjectKernel("stemkit.kernels._dither_body", "dither_to_grid", "d2 d1 d0 Q1 q0 ?1 d2 d1 q1")
_dither_24 = ObjectKernel("stemkit.kernels._stem_body", "dither_24", "d1 q0 q0 Q1 q0 B1 d1")


def dither_24(block: Floats, copies: int, keys: Keys, start: int) -> Bytes | None:
    """Return a block of one or two channels with dither on the 24-bit grid, packed; the values of `dither_to_grid`.

    Parameters
    ----------
    block
        float64, shape ``(samples, channels)``; processed throughout.
    copies
        How often every value stands in the result: 2 for mono that is both sides of stereo.
    keys, start
        As for `dither_to_grid`.

    Returns
    -------
    Bytes or None
        `None` if a value does not fit.
    """
    values = np.ascontiguousarray(block).reshape(-1)
    packed = np.empty(3 * copies * values.size, np.uint8)
    found = _dither_24(values, block.shape[1], copies, keys, start, packed, np.empty(3 * TILE))
    return packed if found == FITS else None


def dither_to_grid(
    block: Floats, scale: float, keys: Keys, start: int, touched: Flags, out: Floats
) -> tuple[int, int, int]:
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
    counts = np.zeros(3, np.int64)
    block, flags = np.ascontiguousarray(block), np.ascontiguousarray(touched)
    _dither(block, block.reshape(-1), scale, keys, start, flags, out, out.reshape(-1), counts)
    return int(counts[0]), int(counts[1]), int(counts[2])
