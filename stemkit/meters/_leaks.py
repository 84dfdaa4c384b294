"""One stem's sound in another: what the spectra of a pair say about it.

The gain at which stem A is in stem B is estimated by weighted least squares over bands and windows;
the weight is what B holds beside A, so that pauses and free bands count most. Direction follows from
what each hypothesis explains: where A leaks into B, B's spectrum shows A wherever A sounds, but A
does not show B.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import Role
from stemkit.meters._content import RATE_HZ, Floats

FRAME = 4096
LOWEST_BIN = 20
_BANDS = 32
_FLOOR = 1e-10
_LEAST_EXPLAINED = 0.4
_SAME_RESIDUAL = 0.03
_SPAN_REACH = 6
EDGES = np.array(sorted({round(edge) for edge in np.geomspace(LOWEST_BIN, FRAME // 2, _BANDS + 1)}))
_BINS = np.diff(EDGES)


@dataclass(frozen=True, slots=True)
class Leak:
    """One stem's sound in another.

    Parameters
    ----------
    source, target
        Whose sound is in whose stem.
    gain_db
        How loud it is there, against its own stem; 0 is as loud.
    lag_samples
        How much later it is there, at 12 kHz.
    is_inverted
        Whether it is there with the other sign.
    peak
        Correlation peak over its noise; 9 and more do not come by chance.
    explained
        How much the explanation is worth, in units of its own noise.
    is_same
        Whether both stems are the same sound but for gain, lag and rounding.
    start_s, end_s
        Where it is loudest, in seconds from the chapter's common start.
    share
        Share of the sounding time in which it is there.
    """

    source: Role
    target: Role
    gain_db: float
    lag_samples: int
    is_inverted: bool
    peak: float
    explained: float
    is_same: bool
    start_s: float
    end_s: float
    share: float

    @property
    def confidence(self) -> float:
        """How sure it is that this did not come by chance, 0 to 0.99."""
        return round(min(0.99, 1.0 - math.exp(-self.peak / 5.8)), 2)


@dataclass(slots=True, eq=False)
class Bands:
    """Powers and real cross-power of two stems by window and band, at one lag."""

    a: Floats
    b: Floats
    cross: Floats
    at: NDArray[np.intp]


def explain(roles: tuple[Role, Role], bands: Bands, lag: int, peak: float) -> list[Leak]:
    """Return who is in whom, by what each direction explains; both where neither is clear."""
    forth, forth_worth, forth_rest = _fit(bands.a, bands.b, bands.cross)
    back, back_worth, back_rest = _fit(bands.b, bands.a, bands.cross)
    turned = Bands(bands.b, bands.a, bands.cross, bands.at)
    is_same = min(forth_rest, back_rest) < _SAME_RESIDUAL
    found = []
    if (is_same and forth_rest <= back_rest) or (
        not is_same and forth_worth > _LEAST_EXPLAINED and forth_worth > 3.0 * back_worth
    ):
        found.append(_leak(roles, forth, lag, peak, forth_worth, is_same, bands))
    elif is_same or (back_worth > _LEAST_EXPLAINED and back_worth > 3.0 * forth_worth):
        found.append(_leak((roles[1], roles[0]), back, -lag, peak, back_worth, is_same, turned))
    elif min(forth_worth, back_worth) > _LEAST_EXPLAINED:
        found.append(_leak(roles, forth, lag, peak, forth_worth, False, bands))
        found.append(_leak((roles[1], roles[0]), back, -lag, peak, back_worth, False, turned))
    return found


def _fit(source: Floats, target: Floats, cross: Floats) -> tuple[float, float, float]:
    """Return the gain of a source in a target, what the explanation is worth, and the share of power that remains."""
    rest = target + _FLOOR
    gain = 0.0
    for _ in range(4):
        weight = 1.0 / rest
        gain = float((cross * weight).sum() / ((source * weight).sum() + _FLOOR))
        rest = np.maximum(target - 2.0 * gain * cross + gain * gain * source, 1e-3 * target) + _FLOOR
    left = np.maximum(target - 2.0 * gain * cross + gain * gain * source, 1e-6 * target) + _FLOOR
    half_bins = 0.5 * _BINS
    worth = float((half_bins * np.log((target + _FLOOR) / left)).sum() / np.sqrt(half_bins.sum() * len(cross)))
    return gain, worth, float(left.sum() / (target.sum() + _FLOOR))


def _leak(
    roles: tuple[Role, Role], gain: float, lag: int, peak: float, worth: float, is_same: bool, bands: Bands
) -> Leak:
    source, target = roles
    strength = gain * bands.cross.sum(axis=1)
    there = strength > 0.05 * strength.max(initial=0.0)
    first, last = _longest(bands.at[there])
    return Leak(
        source=source,
        target=target,
        gain_db=20.0 * float(np.log10(max(abs(gain), 1e-9))),
        lag_samples=lag,
        is_inverted=gain < 0.0,
        peak=peak,
        explained=worth,
        is_same=is_same,
        start_s=first * FRAME / RATE_HZ,
        end_s=(last + 1) * FRAME / RATE_HZ,
        share=float(there.sum()),
    )


def _longest(places: NDArray[np.intp]) -> tuple[int, int]:
    """Return first and last of the longest stretch of windows without large holes."""
    if not len(places):
        return 0, 0
    parts = np.split(places, np.flatnonzero(np.diff(places) > _SPAN_REACH) + 1)
    longest = max(parts, key=len)
    return int(longest[0]), int(longest[-1])


def joined(leaks: list[Leak], windows: int) -> Leak:
    """Return one leak for those of all batches; ``windows`` were compared in all."""
    strongest = max(leaks, key=lambda leak: leak.peak)
    share = sum(leak.share for leak in leaks) / max(1, windows)
    return Leak(
        strongest.source,
        strongest.target,
        float(np.median([leak.gain_db for leak in leaks])),
        strongest.lag_samples,
        strongest.is_inverted,
        strongest.peak,
        max(leak.explained for leak in leaks),
        all(leak.is_same for leak in leaks) and share > 0.2,
        strongest.start_s,
        strongest.end_s,
        min(1.0, share),
    )
