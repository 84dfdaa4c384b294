"""A constant offset: the mean of every second is the same, loud or quiet.

Drawn waveforms of retro music have a mean, too, but one that changes with every note.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import Content

VERSION = 1
_WINDOWS = 10


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


def read_content(content: Content) -> SteadyOffset:
    """Return the offset of the first two channels."""
    count = len(content.low_band) // _WINDOWS
    if not count:
        return SteadyOffset()
    seconds = content.low_band[: count * _WINDOWS, 3:].reshape(count, _WINDOWS, 2).mean(axis=1)
    seconds = seconds[:, : content.channels]
    middle = np.median(seconds, axis=0)
    worst = int(np.abs(middle).argmax())
    low, high = np.percentile(seconds[:, worst], (10, 90))
    variation = float(high - low) / max(abs(float(middle[worst])), 1e-12)
    return SteadyOffset(tuple(float(one) for one in middle), variation, worst)
