"""Coefficients with which channels are folded into fewer ones, by label.

To stereo: ITU-R BS.775-4, Annex 4: centre and surrounds at -3 dB, the low-frequency channel left out.
To mono: the mean of both sides.
"""

from __future__ import annotations

import math

from stemkit.core.layout import Layout

_HALF_POWER = math.sqrt(0.5)
_TO_STEREO: dict[str, tuple[float, float]] = {
    "L": (1.0, 0.0),
    "R": (0.0, 1.0),
    "C": (_HALF_POWER, _HALF_POWER),
    "LFE": (0.0, 0.0),
    "Ls": (_HALF_POWER, 0.0),
    "Rs": (0.0, _HALF_POWER),
    "Lss": (_HALF_POWER, 0.0),
    "Rss": (0.0, _HALF_POWER),
    "Lrs": (_HALF_POWER, 0.0),
    "Rrs": (0.0, _HALF_POWER),
}

Matrix = tuple[tuple[float, ...], ...]


def fold_matrix(source: Layout, target: Layout) -> Matrix | None:
    """Return a row of coefficients for each channel of the target, `None` where no document states them.

    Examples
    --------
    >>> from stemkit.core.layout import MONO, STEREO, SURROUND_51
    >>> fold_matrix(STEREO, MONO)
    ((0.5, 0.5),)
    >>> [round(one, 3) for one in fold_matrix(SURROUND_51, STEREO)[0]]
    [1.0, 0.0, 0.707, 0.0, 0.707, 0.0]
    """
    if target.labels == ("C",) and source.labels == ("L", "R"):
        return ((0.5, 0.5),)
    if target.labels != ("L", "R") or source.count < 3 or not set(source.labels) <= _TO_STEREO.keys():
        return None
    left, right = zip(*(_TO_STEREO[label] for label in source.labels), strict=True)
    return (left, right)
