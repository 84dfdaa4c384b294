"""Mains hum: 50 or 60 Hz and their harmonics, where they last through everything, pauses too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.meters._content import HARMONICS, MAINS_HZ, Content, Singles

VERSION = 2
_LASTING = 10
_QUIET, _LASTING_QUIET = 40, 15
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
        How far the strongest one stands above what lies beside it, wherever little else sounds there.
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
        above = _above_in_pauses(content.mains_db[:, m], content.mains_above_db[:, m])[: min(_TESTED, HARMONICS)]
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


def _above_in_pauses(lines_db: Singles, above_db: Singles) -> NDArray[np.float64]:
    """Return how far lines stand out where there is least beside them: loud sound hides a hum that goes on."""
    beside = lines_db - above_db
    is_quiet = beside <= np.percentile(beside, _QUIET, axis=0)
    return np.array([np.percentile(above_db[quiet, h], _LASTING_QUIET) for h, quiet in enumerate(is_quiet.T)])
