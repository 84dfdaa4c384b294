"""Whether one channel of a pair is turned over: low notes then run against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._low_band import WithLowBand

VERSION = 1
FROM_LOW_BAND = True
_LOUD = 1e-3
_FEWEST_WINDOWS = 5


@dataclass(frozen=True, slots=True)
class Polarity:
    """How left and right go together below 400 Hz, over the loud tenths of a second.

    Parameters
    ----------
    correlation
        The median; +1 in step, −1 turned over, `None` where there is no pair or too little sound.
    share_against
        Share of the windows below −0.5.
    """

    correlation: float | None = None
    share_against: float = 0.0


RESULT = Polarity


def read_content(content: WithLowBand) -> Polarity:
    """Return how the channels go together."""
    if content.channels != 2 or not len(content.low_band):
        return Polarity()
    left, right, both = content.low_band[:, 0], content.low_band[:, 1], content.low_band[:, 2]
    power = np.minimum(left, right)
    loud = (left + right > _LOUD * (left + right).max()) & (power > 1e-9 * content.sample_rate_hz / 10)
    if loud.sum() < _FEWEST_WINDOWS:
        return Polarity()
    correlation = both[loud] / np.sqrt(left[loud] * right[loud])
    return Polarity(float(np.median(correlation)), float((correlation < -0.5).mean()))
