"""Where the spectrum ends: a wall far below half the sample rate tells of an earlier rate, or of a codec.

A hint, never a proof: voices are recorded at 22 kHz, old synthesisers end where they end, and quiet
cues have no treble. So the wall, its depth and what stands below it are told, and nothing is judged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import WALL_BANDS, Content

VERSION = 1
_FEWEST_MOMENTS = 2
_LOWEST_HZ = 9_000.0
_LEAST_DROP_DB = 35.0
_LEAST_BELOW_DB = -75.0
_SPREAD = 4


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """A wall in the spectrum of the loud moments.

    Parameters
    ----------
    wall_hz
        Where it stands, to 200 Hz or so; `None` where the spectrum fades out or reaches the end.
    drop_db
        How far the spectrum falls there, within half an octave band.
    below_db
        Level just below the wall, against the largest part of the spectrum.
    """

    wall_hz: float | None = None
    drop_db: float = 0.0
    below_db: float = 0.0


RESULT = Bandwidth


def read_content(content: Content) -> Bandwidth:
    """Return the wall, if there is one."""
    if len(content.spectra_db) < _FEWEST_MOMENTS:
        return Bandwidth()
    spectrum = np.percentile(content.spectra_db.astype(np.float64), 90, axis=0)
    width = content.sample_rate_hz / 2.0 / WALL_BANDS
    best = Bandwidth()
    middles = np.median(np.lib.stride_tricks.sliding_window_view(spectrum, _SPREAD), axis=1)
    for i in range(max(_SPREAD, int(_LOWEST_HZ / width)), WALL_BANDS - _SPREAD):
        above, below = middles[i + 1], middles[i - _SPREAD]
        if below - above > max(best.drop_db, _LEAST_DROP_DB) and below - spectrum.max() > _LEAST_BELOW_DB:
            best = Bandwidth(i * width, float(below - above), float(below - spectrum.max()))
    return best
