"""One gain for all prints: linked over channels and prints, from the largest true peak of any of them.

The gain is applied to the buses before they are rounded, so the stems still are the mix. It looks ahead,
is smooth, and is exactly 1.0 again within 2 s of the last peak over the ceiling. It is a function of the
sound alone: no block edge, thread or starting point shows, if what is left of the last 3 s is taken in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.film import Role
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.oversample import annex_2_interpolator, interpolator, library_interpolator, oversampling_factor

Floats = NDArray[np.float64]
T = TypeVar("T")
Roles = Sequence[Role]


class Each(Protocol):
    """Does something for every print: several at once, or one after the other."""

    def __call__(self, do: Callable[[Roles], T], prints: Sequence[Roles], /) -> Sequence[T]:
        """Return the results in order."""


RUN_IN_S = 3
"""Whatever came earlier has no bearing on the gain."""
_SMOOTH_S, _RELEASE_S = 0.002, 0.080
_HISTORY = 47
BEFORE, AFTER = 23, 24
"""Samples around an instant that decide its true peak."""
SAFE = 1.0 + 1e-9
"""So far above what a bound says; rounding is far below it."""
_GROUP = 32  # as in the kernel
READINGS = ("8x", "annex_2", "library")


@dataclass(frozen=True, slots=True)
class Limited:
    """Some instants of the film after the limiter.

    Parameters
    ----------
    start
        Position of the first one.
    gain
        For each instant; `None` where it is 1.0 throughout.
    """

    start: int
    buses: Mapping[Role, Block]
    gain: Floats | None = None


class LinkedLimiter:
    """Takes blocks of buses, gives them back limited, a few milliseconds later.

    Parameters
    ----------
    prints
        The roles of each print.
    ceiling_dbtp
        What no print may pass.
    start
        Position of the first sample; what was before it is taken as silence.
    """

    def __init__(
        self, prints: Sequence[Roles], channels: int, rate_hz: int, ceiling_dbtp: float, start: int = 0
    ) -> None:
        self._prints = prints
        self._ceiling = amplitude_from_db(ceiling_dbtp)
        self._taps = interpolator(oversampling_factor(rate_hz))
        self._least = self._ceiling / (float(np.abs(self._taps).sum(axis=1).max()) * SAFE)
        self._half = max(AFTER // 4, round(0.5 * _SMOOTH_S * rate_hz))
        self._release = math.exp(-1.0 / (_RELEASE_S * rate_hz))
        self._delay = 4 * self._half + AFTER
        # What is held begins so far before the next instant that is given back.
        self._before = 4 * self._half + BEFORE
        self._channels, self._position = channels, start
        roles = dict.fromkeys(role for roles in prints for role in roles)
        self._held = {role: np.zeros((self._before, channels)) for role in roles}
        # What begins at full scale rings before it begins.
        self._peaks = np.zeros(4 * self._half - AFTER)
        self._reduction = 0

    def push(self, buses: Mapping[Role, Block], each: Each | None = None) -> Limited:
        """Take the next samples of every bus, which may be changed afterwards; give back what is known by now."""
        held = {role: np.concatenate([self._held[role], buses[role]]) for role in self._held}
        ready = min(map(len, held.values())) - self._before - self._delay
        if ready <= 0:
            self._held = held
            return Limited(self._position, {role: np.zeros((0, self._channels)) for role in held})
        out = {role: block[self._before : self._before + ready] for role, block in held.items()}
        self._held = {role: block[ready:] for role, block in held.items()}
        limited = Limited(self._position, out, self._gain(held, ready, each or _in_turn))
        self._position += ready
        return limited if limited.gain is None else _with_gain(limited, limited.gain)

    def finish(self, each: Each | None = None) -> Limited:
        """Give back the rest; silence follows."""
        tail = {role: np.zeros((self._delay, self._channels)) for role in self._held}
        return self.push(tail, each)

    def _gain(self, held: Mapping[Role, Block], ready: int, each: Each) -> Floats | None:
        """Return the gain of the next instants, out of the peaks known and those that are new."""
        from stemkit.kernels.limiter import shape_gain

        known = len(self._peaks)
        fresh = self._new_peaks(held, known, ready + 8 * self._half - known, each)
        peaks = np.concatenate([self._peaks, fresh])
        self._peaks = peaks[ready:]
        if not self._reduction and not (peaks > self._ceiling).any():
            return None
        gain = np.empty(ready)
        self._reduction = shape_gain(peaks, self._ceiling, self._half, self._release, self._reduction, gain)
        return gain if (gain < 1.0).any() else None

    def _new_peaks(self, held: Mapping[Role, Block], first: int, count: int, each: Each) -> Floats:
        def peaks_of(roles: Sequence[Role]) -> Floats | None:
            sound = sum_of(held, roles)[first : first + count + _HISTORY]
            return peaks_between(sound, self._taps, self._least, is_mirrored=True)

        total = np.zeros(count)
        for found in each(peaks_of, self._prints):
            if found is not None:
                np.maximum(total, found, out=total)
        return total


class PeakReading:
    """The largest true peak of a few sounds by three interpolators, where it comes near a level.

    Parameters
    ----------
    near_dbtp
        Peaks that cannot reach this are not looked at.
    """

    def __init__(self, prints: Sequence[Roles], channels: int, rate_hz: int, near_dbtp: float) -> None:
        factor = oversampling_factor(rate_hz)
        self._prints = prints
        self._tables = (
            interpolator(factor),
            annex_2_interpolator(),
            library_interpolator(4 if rate_hz < 96_000 else 2),
        )
        self._near = amplitude_from_db(near_dbtp)
        roles = dict.fromkeys(role for roles in prints for role in roles)
        self._held = {role: np.zeros((_HISTORY, channels)) for role in roles}
        self.largest = [0.0, 0.0, 0.0]

    def push(self, buses: Mapping[Role, Block], each: Each | None = None) -> None:
        """Take the next samples of every bus."""
        held = {role: np.concatenate([self._held[role], buses[role]]) for role in self._held}
        self._held = {role: block[-_HISTORY:] for role, block in held.items()}

        def read(roles: Sequence[Role]) -> list[float]:
            sound = sum_of(held, roles)
            return [self._largest(sound, table, at) for at, table in enumerate(self._tables)]

        for found in (each or _in_turn)(read, self._prints):
            self.largest = [max(pair) for pair in zip(self.largest, found, strict=True)]

    def _largest(self, sound: Block, table: Floats, at: int) -> float:
        least = self._near / (float(np.abs(table).sum(axis=1).max()) * SAFE)
        found = peaks_between(sound, table, least, is_mirrored=at == 0)
        return 0.0 if found is None else float(found.max(initial=0.0))


def sum_of(buses: Mapping[Role, Block], roles: Sequence[Role]) -> Block:
    """Add the buses of a print, always in the same order."""
    first, *others = roles
    total = buses[first]
    for role in others:
        total = total + buses[role]
    return total


def peaks_between(sound: Block, taps: Floats, least: float, *, is_mirrored: bool) -> Floats | None:
    """Return the largest value from each sample to the next, less the filter's run-in; `None` if none can matter."""
    from stemkit.kernels.limiter import raise_peaks

    count = len(sound) - _HISTORY
    if count <= 0:
        return None
    sound = np.ascontiguousarray(sound)
    active = _near(sound, -(-count // _GROUP), least)
    if not active.any():
        return None
    peaks = np.zeros(count)
    raise_peaks(sound, taps, is_mirrored, active, peaks)
    return peaks


def _near(sound: Block, groups: int, least: float) -> NDArray[np.bool_]:
    """Tell for groups of instants whether a sample in reach of the filter is large enough to matter."""
    from stemkit.kernels.limiter import find_loud_groups

    loud = np.empty(groups + 2, dtype=np.bool_)
    find_loud_groups(sound.reshape(-1), _GROUP * sound.shape[1], least, loud)
    return loud[:-2] | loud[1:-1] | loud[2:]


def _with_gain(limited: Limited, gain: Floats) -> Limited:
    return Limited(limited.start, {role: bus * gain[:, np.newaxis] for role, bus in limited.buses.items()}, gain)


def _in_turn(do: Callable[[Sequence[Role]], T], prints: Sequence[Roles]) -> Sequence[T]:
    return [do(roles) for roles in prints]
