"""The inner loops of a conformed stem on its way into its file: dithered and packed in one go.

A few hundred values at a time, so that nothing leaves the processor's own memory between a block and its bytes.
"""

# mypy: ignore-errors

from __future__ import annotations

from stemkit.kernels._dither_body import _dither_one, _dither_pair
from stemkit.kernels._mixdown_body import STEPS, _pack
from stemkit.kernels._shape import FITS, OFF_GRID, OVER, TILE


def dither_24(values, channels, copies, keys, start, packed, room):
    """Write the values of one or two channels as packed samples (`stemkit.kernels.dither.dither_24`)."""
    count = values.shape[0]
    for done in range(0, count, TILE):
        n = min(TILE, count - done)
        # Slices are counted from 0, so that their loops run in lanes.
        sound, rounded = values[done : done + n], room[:n]
        if channels == 2:
            over = _dither_pair(sound, STEPS, keys, start + done // 2, rounded)
        else:
            over = _dither_one(sound, STEPS, keys[0], start + done, rounded)
        if over:
            return OVER
        base = 0
        if copies == 2:
            base, twice = TILE, room[TILE : TILE + 2 * n]
            for i in range(n):
                twice[2 * i] = rounded[i]
                twice[2 * i + 1] = rounded[i]
        if not _pack(room, base, copies * n, packed, 3 * copies * done):
            return OFF_GRID
    return FITS
