"""What a limiter did: where, how deep, for how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.mix_facts import LimiterFacts, Reduction

Floats = NDArray[np.float64]
WINDOWS_PER_SECOND = 10
_SAME_REACH_S = 0.5
_MOST_TOLD = 200


@dataclass(frozen=True, slots=True, eq=False)
class Worked:
    """What a limiter did in a stretch.

    Parameters
    ----------
    start
        Sample of the film at which it begins.
    lowest
        Gain of each 100 ms.
    lowered
        Sum of the reductions in each second.
    reaches, depths
        Where it turned down, shape ``(n, 3)``: first sample, end, and the place of the lowest gain, which is in
        ``depths``.
    """

    start: int
    lowest: Floats
    lowered: Floats
    reaches: NDArray[np.int64]
    depths: Floats


def worked(rate_hz: int, start: int, gain: Floats) -> Worked:
    """Sum up the gains of a stretch that begins at a sample of the film."""
    window = rate_hz // WINDOWS_PER_SECOND
    edges = np.arange(start // window, (start + len(gain) - 1) // window + 1) * window - start
    lowest = np.minimum.reduceat(gain, np.maximum(edges, 0))
    lowered = np.bincount((start + np.arange(len(gain))) // rate_hz - start // rate_hz, 1.0 - gain)
    is_limited = np.concatenate([[False], gain < 1.0, [False]])
    runs = np.flatnonzero(np.diff(is_limited.astype(np.int8))).reshape(-1, 2).tolist()
    places = [first + int(gain[first:end].argmin()) for first, end in runs]
    reaches = np.array([(*run, at) for run, at in zip(runs, places, strict=True)], np.int64).reshape(-1, 3) + start
    return Worked(start, lowest, lowered.astype(np.float64), reaches, gain[places])


class Activity:
    """Collects the gains of one pass over a film.

    Parameters
    ----------
    length_samples
        Of the film.
    """

    def __init__(self, rate_hz: int, length_samples: int) -> None:
        self._rate = rate_hz
        self._window = rate_hz // WINDOWS_PER_SECOND
        self.deepest = np.ones(-(-length_samples // self._window) + 1)
        self._seconds = np.zeros(-(-length_samples // rate_hz) + 1)
        self._limited_samples = 0
        self._reaches: list[tuple[int, int, float, int]] = []

    def push(self, start: int, gain: Floats) -> None:
        """Take the gains of a stretch that begins at a sample of the film; stretches come in order."""
        self.add(worked(self._rate, start, gain))

    def add(self, part: Worked) -> None:
        """Take what was done in a stretch; stretches come in order."""
        first, second = part.start // self._window, part.start // self._rate
        deepest = self.deepest[first : first + len(part.lowest)]
        np.minimum(deepest, part.lowest, out=deepest)
        self._seconds[second : second + len(part.lowered)] += part.lowered
        for reach, depth in zip(part.reaches.tolist(), part.depths.tolist(), strict=True):
            self._limited_samples += reach[1] - reach[0]
            self._add(reach[0], reach[1], depth, reach[2])

    def _add(self, first: int, end: int, lowest: float, at: int) -> None:
        if self._reaches and first - self._reaches[-1][1] <= _SAME_REACH_S * self._rate:
            start, _, depth, place = self._reaches.pop()
            lowest, at = (lowest, at) if lowest < depth else (depth, place)
            first = start
        self._reaches.append((first, end, lowest, at))

    def result(self, ceiling_dbtp: float, readings: tuple[float | None, ...], passes: int) -> LimiterFacts:
        """Return what was seen, the deepest places first to be told."""
        reaches = sorted(self._reaches, key=lambda reach: reach[2])
        worst = int(self._seconds.argmax()) if self._reaches else None
        return LimiterFacts(
            ceiling_dbtp=ceiling_dbtp,
            seconds=self._limited_samples / self._rate,
            deepest_db=-_db(reaches[0][2]) if reaches else 0.0,
            deepest_at_samples=reaches[0][3] if reaches else None,
            worst_second_at_samples=None if worst is None else worst * self._rate,
            worst_second_db=None if worst is None else -_db(1.0 - float(self._seconds[worst]) / self._rate),
            count=len(reaches),
            reductions=tuple(
                Reduction(first, end, -_db(lowest), at) for first, end, lowest, at in sorted(reaches[:_MOST_TOLD])
            ),
            curve_db=tuple(np.round(20.0 * np.log10(self.deepest[:-1]), 2).tolist()),
            readings_dbtp=readings,
            passes=passes,
        )


def _db(gain: float) -> float:
    return 20.0 * float(np.log10(gain))
