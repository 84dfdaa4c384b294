"""What a limiter did: where, how deep, for how long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.core.mix_facts import LimiterFacts, Reduction

WINDOWS_PER_SECOND = 10
_SAME_REACH_S = 0.5
_MOST_TOLD = 200


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

    def push(self, start: int, gain: NDArray[np.float64]) -> None:
        """Take the gains of a stretch that begins at a sample of the film; stretches come in order."""
        self._limited_samples += int(np.count_nonzero(gain < 1.0))
        self._by_time(gain, start)
        self._by_reach(gain, start)

    def _by_time(self, gain: NDArray[np.float64], start: int) -> None:
        first = start // self._window
        edges = np.arange(first, (start + len(gain) - 1) // self._window + 1) * self._window - start
        lowest = np.minimum.reduceat(gain, np.maximum(edges, 0))
        self.deepest[first : first + len(lowest)] = np.minimum(self.deepest[first : first + len(lowest)], lowest)
        first = start // self._rate
        at = (start + np.arange(len(gain))) // self._rate - first
        lowered = np.bincount(at, 1.0 - gain)
        self._seconds[first : first + len(lowered)] += lowered

    def _by_reach(self, gain: NDArray[np.float64], start: int) -> None:
        is_limited = np.concatenate([[False], gain < 1.0, [False]])
        edges = np.flatnonzero(np.diff(is_limited.astype(np.int8))).reshape(-1, 2)
        for first, end in edges.tolist():
            lowest = first + int(gain[first:end].argmin())
            self._add(start + first, start + end, float(gain[lowest]), start + lowest)

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
