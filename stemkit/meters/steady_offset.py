"""A constant offset: the mean of every second is the same, loud or quiet.

Drawn waveforms of retro music have a mean, too, but one that changes with every note. Close voices shake the mean
themselves; there it is the pauses that tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import Floats
from stemkit.meters._low_band import WithLowBand

VERSION = 3
FROM_LOW_BAND = True
_WINDOWS = 10
_PAUSE, _LEAST_PART = 0.01, 0.3


@dataclass(frozen=True, slots=True)
class SteadyOffset:
    """The offset that every second has, by channel, and how much it varies against its size (0: not at all)."""

    per_channel: tuple[float, ...] = ()
    variation: float = 0.0
    channel: int = 0

    @property
    def dbfs(self) -> float | None:
        """The largest offset in dBFS, `None` without any."""
        largest = max(map(abs, self.per_channel), default=0.0)
        return 20.0 * math.log10(largest) if largest > 0.0 else None


RESULT = SteadyOffset


def read_content(content: WithLowBand) -> SteadyOffset:
    """Return the offset of the first two channels."""
    count = len(content.low_band) // _WINDOWS
    if not count:
        return SteadyOffset()
    seconds = content.low_band[: count * _WINDOWS, 3:].reshape(count, _WINDOWS, 2).mean(axis=1)
    seconds = seconds[:, : content.channels]
    middle = np.median(seconds, axis=0)
    worst = int(np.abs(middle).argmax())
    pauses = _means_of_pauses(content, worst)
    of_pauses = _variation(pauses)
    if of_pauses < _variation(seconds[:, worst]) and _is_everywhere(seconds[:, worst], pauses):
        middle[worst] = np.median(pauses)
        return SteadyOffset(tuple(float(one) for one in middle), of_pauses, worst)
    return SteadyOffset(tuple(float(one) for one in middle), _variation(seconds[:, worst]), worst)


def _is_everywhere(seconds: Floats, pauses: Floats) -> bool:
    """Tell whether the seconds stand on the side of the pauses; where only the voice has an offset, they do not."""
    offset = float(np.median(pauses))
    low = float(np.percentile(seconds * np.sign(offset), 10))
    return bool(offset != 0.0 and low >= _LEAST_PART * abs(offset))


def _variation(means: Floats) -> float:
    if not len(means):
        return math.inf
    low, high = np.percentile(means, (10, 90))
    return float(high - low) / max(abs(float(np.median(means))), 1e-12)


def _means_of_pauses(content: WithLowBand, channel: int) -> Floats:
    """Return the means of the quietest quarter of the windows, if there are pauses; else nothing."""
    step, width = content.sample_rate_hz // _WINDOWS, max(1, content.sample_rate_hz // 800)
    means = content.low_band[:, 3 + channel]
    swing = content.low_band[:, channel] / max(1, step // width) / width**2 - means**2
    quiet, loud = np.percentile(swing, (25, 90))
    return means[swing <= quiet] if quiet < _PAUSE * loud else np.zeros(0)
