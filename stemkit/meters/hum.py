"""Mains hum: 50 or 60 Hz and their harmonics, where they last through everything, pauses too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import HARMONICS, MAINS_HZ, Content

VERSION = 1
_LASTING = 10
_FEWEST_FRAMES = 12
_PROMINENT_DB = 14.0
_AUDIBLE_DBFS = -75.0
_STEADY_DB = 4.0
_TESTED = 4


@dataclass(frozen=True, slots=True)
class Hum:
    """The mains hum of a sound.

    Parameters
    ----------
    mains_hz
        50 or 60; `None` where there is no hum.
    level_dbfs
        Level of its strongest harmonic, as it is in nine tenths of the time.
    harmonics
        Which harmonics last, 1 for the mains frequency itself.
    above_db
        How far the strongest one stands above what lies beside it, in nine tenths of the time.
    """

    mains_hz: float | None = None
    level_dbfs: float | None = None
    harmonics: tuple[int, ...] = ()
    above_db: float = 0.0


RESULT = Hum


def read_content(content: Content) -> Hum:
    """Return the hum: lines at mains frequencies that nearly every moment has, at a level that hardly changes."""
    if len(content.mains_db) < _FEWEST_FRAMES:
        return Hum()
    best = Hum()
    for m, mains in enumerate(MAINS_HZ):
        above = np.percentile(content.mains_above_db[:, m], _LASTING, axis=0)[: min(_TESTED, HARMONICS)]
        low, middle = np.percentile(content.mains_db[:, m], (_LASTING, 50), axis=0)
        lasts = (above >= _PROMINENT_DB) & (low[: len(above)] >= _AUDIBLE_DBFS)
        lasts &= middle[: len(above)] - low[: len(above)] <= _STEADY_DB
        if lasts.any():
            strongest = int(np.where(lasts, low[: len(above)], -np.inf).argmax())
            harmonics = tuple(int(h) + 1 for h in np.flatnonzero(lasts))
            found = Hum(mains, float(low[strongest]), harmonics, float(above[strongest]))
            if found.above_db > best.above_db:
                best = found
    return best
