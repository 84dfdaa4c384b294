"""Interpolation filters for true peak: a long one of our own, and the one printed in BS.1770-5 Annex 2.

Both are tables of phases. Row ``p`` gives the value at ``p / factor`` of a sample after the sample
at tap ``centre`` of the window; row 0 of the long filter is the sample itself, exactly.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TAPS = 48
_KAISER_BETA = 8.0

_ANNEX_2_HALF = (
    (0.0017089843750, -0.0291748046875, -0.0189208984375, -0.0083007812500),
    (0.0109863281250, 0.0292968750000, 0.0330810546875, 0.0148925781250),
    (-0.0196533203125, -0.0517578125000, -0.0582275390625, -0.0266113281250),
    (0.0332031250000, 0.0891113281250, 0.1015625000000, 0.0476074218750),
    (-0.0594482421875, -0.1665039062500, -0.2003173828125, -0.1022949218750),
    (0.1373291015625, 0.4650878906250, 0.7797851562500, 0.9721679687500),
    (0.9721679687500, 0.7797851562500, 0.4650878906250, 0.1373291015625),
    (-0.1022949218750, -0.2003173828125, -0.1665039062500, -0.0594482421875),
    (0.0476074218750, 0.1015625000000, 0.0891113281250, 0.0332031250000),
    (-0.0266113281250, -0.0582275390625, -0.0517578125000, -0.0196533203125),
    (0.0148925781250, 0.0330810546875, 0.0292968750000, 0.0109863281250),
    (-0.0083007812500, -0.0189208984375, -0.0291748046875, 0.0017089843750),
)


def oversampling_factor(rate_hz: int) -> int:
    """Return how many values a sample are looked at: 8, 4 from 88.2 kHz on, 2 from 176.4 kHz on."""
    if rate_hz >= 160_000:
        return 2
    return 4 if rate_hz >= 80_000 else 8


@lru_cache(maxsize=8)
def interpolator(factor: int) -> NDArray[np.float64]:
    """Return the windowed-sinc interpolator, shape ``(factor, 48)``.

    Row ``p`` applied to the window ``x[n-23] … x[n+24]`` gives the sound at ``n + p / factor``.
    Flat within 0.03 dB to 0.44 of the sample rate; every row has unit gain for DC.
    """
    tap = np.arange(TAPS) - (TAPS // 2 - 1)
    phase = np.arange(factor)[:, np.newaxis] / factor
    distance = tap[np.newaxis, :] - phase
    half_width = TAPS / 2
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (distance / half_width) ** 2)))
    taps = np.sinc(distance) * window
    taps /= taps.sum(axis=1, keepdims=True)
    taps[0] = tap == 0
    # The lower phases mirror the upper ones exactly, so that pairs can be computed together.
    for p in range(1, factor // 2 + 1):
        mirrored = 0.5 * (taps[p] + taps[factor - p][::-1])
        taps[p], taps[factor - p] = mirrored, mirrored[::-1]
    return _for_all(np.ascontiguousarray(taps))


@lru_cache(maxsize=1)
def annex_2_interpolator() -> NDArray[np.float64]:
    """Return the published filter of BS.1770-5 Annex 2 in the same form, shape ``(4, 48)``.

    Its 12 taps are centred between samples; they stand in the middle of the window.
    """
    published = np.array(_ANNEX_2_HALF).T[:, ::-1]
    taps = np.zeros((4, TAPS))
    taps[:, 18:30] = published
    return _for_all(taps)


@lru_cache(maxsize=8)
def library_interpolator(factor: int) -> NDArray[np.float64]:
    """Return a filter like that of libebur128, shape ``(factor, 48)``: 12 taps a phase under a Hann window."""
    distance = np.arange(TAPS)[np.newaxis, :] - (TAPS // 2 - 1) - np.arange(factor)[:, np.newaxis] / factor
    inside = np.abs(distance) < 6.0
    return _for_all(np.where(inside, np.sinc(distance) * (0.5 + 0.5 * np.cos(np.pi * distance / 6.0)), 0.0))


def _for_all(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Protect a table that is handed out to everybody."""
    table.flags.writeable = False
    return table
