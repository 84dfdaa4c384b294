"""Where the spectrum ends: a wall far below half the sample rate tells of an earlier rate, or of a codec.

Never a proof by its place alone: voices are recorded at 22 kHz, old synthesisers end where they end, and quiet cues
have no treble. What tells them apart is how the wall behaves: it stands at half of a rate and never moves after a
rate conversion; it moves from moment to moment, as sharp each time, after a codec.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import Content

VERSION = 3
_FEWEST_MOMENTS = 40
_LEAST_DROP_DB = 25.0
_LEAST_SHARE = 0.5
_HIGHEST = 0.925
"""Of half the sample rate: above it stands every converter's own filter."""
HALF_RATES_HZ = ((20_800.0, 22_100.0, 44_100), (14_900.0, 15_600.0, 32_000), (10_300.0, 11_150.0, 22_050))
"""Where conversions from a lower rate end, from first to last, and the rate."""


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """A wall in the spectrum of the loud moments.

    Parameters
    ----------
    wall_hz
        Where it stands, to 400 Hz or so, in the median moment; `None` where spectra fade out or reach the end.
    drop_db
        How far the spectrum falls there, within a kilohertz.
    low_hz, high_hz
        Between where and where it stands, in nine of ten moments.
    share
        Share of the loud moments that have one.
    off_rates
        Share of the walls that stand at no half of a common rate.
    """

    wall_hz: float | None = None
    drop_db: float = 0.0
    low_hz: float = 0.0
    high_hz: float = 0.0
    share: float = 0.0
    off_rates: float = 0.0


RESULT = Bandwidth


def read_content(content: Content) -> Bandwidth:
    """Return the wall, if there is one."""
    if len(content.walls) < _FEWEST_MOMENTS:
        return Bandwidth()
    hz, drop_db = content.walls.astype(np.float64).T
    is_wall = (drop_db >= _LEAST_DROP_DB) & (hz <= _HIGHEST * content.sample_rate_hz / 2.0)
    if is_wall.mean() < _LEAST_SHARE:
        return Bandwidth()
    low, middle, high = np.percentile(hz[is_wall], (5, 50, 95))
    at_rate = np.any([(first <= hz[is_wall]) & (hz[is_wall] <= last) for first, last, _ in HALF_RATES_HZ], axis=0)
    return Bandwidth(
        float(middle),
        float(np.median(drop_db[is_wall])),
        float(low),
        float(high),
        float(is_wall.mean()),
        1.0 - float(at_rate.mean()),
    )
