"""The linked limiter's kernels, ready to be called: peaks at every instant, and the gain that keeps them low.

Reductions are whole numbers, `UNIT` being all of the gain: running sums of them are exact, so the gain does
not depend on where a sound is cut into blocks, and a reduction that has died away is exactly none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels._object_code import ObjectKernel
from stemkit.kernels._shape import HISTORY, LIMITER_GROUP, LIMITER_UNIT

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

UNIT = LIMITER_UNIT
BEFORE = HISTORY // 2 - 1
AFTER = HISTORY // 2
GROUP = LIMITER_GROUP
_BODY = "stemkit.kernels._limiter_body"
_find_largest = ObjectKernel(_BODY, "find_largest", "d1 q0 d1")
_raise_peaks = ObjectKernel(_BODY, "raise_peaks", "d2 d2 q0 ?1 d2 d1")
_shape_gain = ObjectKernel(_BODY, "shape_gain", "d1 d0 q0 d0 q0 q2 d1")


def find_largest(values: Floats, in_group: int, largest: Floats) -> None:
    """Find the largest magnitude of each group of ``in_group`` values; what is missing at the end is 0.

    Parameters
    ----------
    values
        One-dimensional.
    largest
        One value for each group.
    """
    _find_largest(values, in_group, largest)


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
    _raise_peaks(sound, taps, is_mirrored, active, np.zeros((4, GROUP + HISTORY + 8)), peaks)


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
    return _shape_gain(peaks, ceiling, half, release, before, np.zeros((5, len(peaks)), np.int64), gain)
