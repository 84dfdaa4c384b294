"""One gain for all prints: linked over channels and prints, from the largest true peak of any of them.

The gain is applied to the buses before they are rounded, so the stems still are the mix. It looks ahead,
is smooth, and is exactly 1.0 again within 2 s of the last peak over the ceiling. It is a function of the
sound alone: no block edge, thread or starting point shows, if what is left of the last 3 s is taken in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.film import Role
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.oversample import annex_2_interpolator, interpolator, library_interpolator, oversampling_factor

Floats = NDArray[np.float64]
RUN_IN_S = 3
"""Whatever came earlier has no bearing on the gain."""
LOOK_AHEAD_S = 0.1
"""Nor has what comes later than this."""
_SMOOTH_S, _RELEASE_S = 0.002, 0.080
_HISTORY = 47
BEFORE, AFTER = 23, 24
"""Samples around an instant that decide its true peak."""
SAFE = 1.0 + 1e-9
"""So far above what a bound says; rounding is far below it."""
_GROUP = 32  # as in the kernel
READINGS = ("8x", "annex_2", "library")


@dataclass(frozen=True, slots=True)
class Limiter:
    """Finds the gain that all prints share.

    Parameters
    ----------
    ceiling_dbtp
        What no print may pass.
    """

    rate_hz: int
    ceiling_dbtp: float

    def gain(self, prints: Sequence[Block], level: float = 1.0) -> Floats | None:
        """Return the gain for each instant of some prints, `None` where it is 1.0 throughout.

        Parameters
        ----------
        prints
            Of one length; around them there is silence. Where it is not so, the gain is right from `RUN_IN_S` after
            their start to `LOOK_AHEAD_S` before their end.
        level
            The prints are taken times this.
        """
        from stemkit.kernels.limiter import shape_gain

        length, ceiling = len(prints[0]), amplitude_from_db(self.ceiling_dbtp)
        half = max(AFTER // 4, round(0.5 * _SMOOTH_S * self.rate_hz))
        taps = interpolator(oversampling_factor(self.rate_hz))
        # What begins at full scale rings before it begins, and after it ends.
        peaks, first = np.zeros(length + 8 * half), 4 * half - AFTER
        beside = peaks[first : first + length + AFTER + BEFORE]
        for sound in prints:
            padded = np.zeros((length + AFTER + 2 * BEFORE + AFTER, sound.shape[1]))
            padded[BEFORE + AFTER : BEFORE + AFTER + length] = sound
            found = Peaks(padded).between(taps, ceiling / (level * _most(taps)), is_mirrored=True)
            if found is not None:
                np.maximum(beside, found[: len(beside)], out=beside)
        np.multiply(peaks, level, out=peaks)
        if not (peaks > ceiling).any():
            return None
        gain = np.empty(length)
        shape_gain(peaks, ceiling, half, math.exp(-1.0 / (_RELEASE_S * self.rate_hz)), 0, gain)
        return gain if (gain < 1.0).any() else None


def largest_peaks(prints: Iterable[Block], rate_hz: int, near_dbtp: float) -> tuple[float, ...]:
    """Return the largest true peak of some prints by three interpolators (`READINGS`), as amplitudes.

    Parameters
    ----------
    prints
        Sounds of at least 48 samples; between the first 24 and the last 24 of them nothing is looked at.
    near_dbtp
        Peaks that cannot reach this are not looked at.
    """
    tables = (
        interpolator(oversampling_factor(rate_hz)),
        annex_2_interpolator(),
        library_interpolator(4 if rate_hz < 96_000 else 2),
    )
    largest, near = [0.0] * len(tables), amplitude_from_db(near_dbtp)
    for sound in prints:
        peaks = Peaks(sound)
        for at, table in enumerate(tables):
            found = peaks.between(table, near / _most(table), is_mirrored=at == 0)
            if found is not None:
                largest[at] = max(largest[at], float(found.max(initial=0.0)))
    return tuple(largest)


def _most(table: Floats) -> float:
    """Return by how much a true peak can exceed the largest sample, and a little more."""
    return float(np.abs(table).sum(axis=1).max()) * SAFE


def sum_of(buses: Mapping[Role, Block], roles: Sequence[Role]) -> Block:
    """Add the buses of a print, always in the same order."""
    first, *others = roles
    total = buses[first]
    for role in others:
        total = total + buses[role]
    return total


class Peaks:
    """The true peaks of a sound from each sample to the next, by any interpolator.

    Parameters
    ----------
    sound
        23 samples before the first instant and 24 after the last one are there for the filters.
    """

    def __init__(self, sound: Block) -> None:
        from stemkit.kernels.limiter import find_largest

        self._sound, self._count = np.ascontiguousarray(sound), len(sound) - _HISTORY
        around = np.empty(max(0, -(-self._count // _GROUP)) + 2)
        find_largest(self._sound.reshape(-1), _GROUP * sound.shape[1], around)
        self._around = np.maximum(np.maximum(around[:-2], around[1:-1]), around[2:])

    def between(self, taps: Floats, least: float, *, is_mirrored: bool) -> Floats | None:
        """Return the largest value between each sample and the next; `None` if no sample is large enough to matter.

        Parameters
        ----------
        least
            Samples below this are not large enough; where there are no others, peaks are given as 0.
        is_mirrored
            Whether the filter's phases mirror one another.
        """
        from stemkit.kernels.limiter import raise_peaks

        active = self._around >= least
        if self._count <= 0 or not active.any():
            return None
        peaks = np.zeros(self._count)
        raise_peaks(self._sound, taps, is_mirrored, active, peaks)
        return peaks
