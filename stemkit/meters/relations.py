"""What the stems of a chapter have in common: who leaks into whom, how much, and where.

Stems made apart have nothing in common: their cross-correlation, whitened and added up over a
chapter, is noise without a peak (largest value about 5 times its spread on real film sound). Shared
sound makes a peak of 10 to 60 times, even 40 dB down.

The gain at which stem A is in stem B is estimated by weighted least squares over bands and windows;
the weight is what B holds beside A, so that pauses and free bands count most. Direction follows from
what each hypothesis explains: where A leaks into B, B's spectrum shows A wherever A sounds, but A
does not show B.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import Role
from stemkit.meters._content import RATE_HZ, Floats

VERSION = 2
_FRAME = 4096
_BATCH = 88
_PART = 22
_BANDS = 32
_LOWEST_BIN = 20
_AUDIBLE = 1e-7
_FLOOR = 1e-10
CERTAIN_PEAK = 9.0
_LIKELY_PEAK = 6.5
_LEAST_EXPLAINED = 0.4
_SAME_RESIDUAL = 0.03
_SPAN_REACH = 6


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


@dataclass(frozen=True, slots=True)
class Relations:
    """All leaks between a chapter's roles; ``compared`` lists the pairs that both had sound at the same time."""

    leaks: tuple[Leak, ...] = ()
    compared: tuple[tuple[Role, Role], ...] = ()

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as plain arrays, for keeping without pickle."""
        kept = {"leaks": [asdict(leak) for leak in self.leaks], "compared": self.compared}
        return {"relations": np.asarray(json.dumps(kept))}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Relations:
        """Bring back what `as_arrays` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        kept = json.loads(str(arrays["relations"].item()))
        leaks = [{**leak, "source": Role(leak["source"]), "target": Role(leak["target"])} for leak in kept["leaks"]]
        pairs = tuple((Role(a), Role(b)) for a, b in kept["compared"])
        return cls(tuple(Leak(**leak) for leak in leaks), pairs)

    def leak(self, source: Role, target: Role) -> Leak | None:
        """Return how one role is in another, `None` if it is not."""
        return next((leak for leak in self.leaks if (leak.source, leak.target) == (source, target)), None)


RESULT = Relations
Spectra = NDArray[np.complex64]
_EDGES = np.unique(np.round(np.geomspace(_LOWEST_BIN, _FRAME // 2, _BANDS + 1)).astype(np.intp))
_BINS = np.diff(_EDGES)


class RelationScanner:
    """A sink for the mono sketches of a chapter's roles, in step.

    Parameters
    ----------
    roles
        Those that will be pushed.
    """

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self._roles = roles
        self._rest: dict[Role, Floats] = {role: np.zeros(0) for role in roles}
        self._window = np.hanning(_FRAME + 1)[:-1]
        self._at = 0
        self._pairs = {pair: _Pair(*pair) for pair in combinations(roles, 2)}

    def push(self, sketches: Mapping[Role, Floats]) -> None:
        """Take the next samples of every role at 12 kHz; roles may run ahead of each other."""
        for role, sketch in sketches.items():
            self._rest[role] = np.concatenate([self._rest[role], sketch])
        batch = _BATCH * _FRAME
        while min(map(len, self._rest.values()), default=0) >= batch:
            self._take(batch)

    def _take(self, length: int) -> None:
        views = {}
        for role in self._roles:
            frames = (self._rest[role][:length].reshape(-1, _FRAME) * self._window).astype(np.float32)
            self._rest[role] = self._rest[role][length:]
            views[role] = _view(np.fft.rfft(frames, axis=1).astype(np.complex64, copy=False))
        for (a, b), pair in self._pairs.items():
            pair.take(views[a], views[b], self._at)
        self._at += length // _FRAME

    def result(self) -> Relations:
        """Return what was found; nothing may follow."""
        left = min(map(len, self._rest.values()), default=0) // _FRAME
        if left:
            self._take(left * _FRAME)
        leaks = [leak for pair in self._pairs.values() for leak in pair.result()]
        return Relations(tuple(leaks), tuple(pair.roles for pair in self._pairs.values() if pair.windows))


@dataclass(slots=True, eq=False)
class _View:
    """Spectra of some windows of one stem, the same with all lines at one size, and which windows have sound."""

    spectra: Spectra
    phases: Spectra
    power: NDArray[np.float32]
    sounds: NDArray[np.bool_]


def _view(spectra: Spectra) -> _View:
    power = spectra.real**2 + spectra.imag**2
    sounds = power.sum(axis=1) > _FRAME * _FRAME * _AUDIBLE / 8
    phases = spectra / np.sqrt(power + np.float32(1e-12))
    phases[:, :_LOWEST_BIN] = 0.0
    phases[~sounds] = 0.0
    return _View(spectra, phases, power, sounds)


@dataclass(slots=True, eq=False)
class _Bands:
    """Powers and real cross-power of two stems by window and band, at one lag."""

    a: Floats
    b: Floats
    cross: Floats
    at: NDArray[np.intp]


class _Pair:
    """Two stems: what they have in common, batch by batch of about half a minute."""

    def __init__(self, a: Role, b: Role) -> None:
        self.roles = (a, b)
        self.windows = 0
        self._leaks: list[Leak] = []

    def take(self, x: _View, y: _View, at: int) -> None:
        """Look at a batch of windows that begins at window ``at``."""
        both = x.sounds & y.sounds
        if not both.any():
            return
        self.windows += int(both.sum())
        products = y.phases * x.phases.conj()
        parts = np.add.reduceat(products, np.arange(0, len(products), _PART), axis=0)
        lag, peak = _peak(parts.sum(axis=0))
        inside = both
        found = [_peak(part) for part in parts]
        strongest = max(found, key=lambda one: one[1])
        if strongest[1] >= CERTAIN_PEAK:
            # What lasts a moment only is judged by that moment.
            lag, peak = strongest[0], max(peak, strongest[1])
            there = [abs(place - lag) <= 1 and height >= _LIKELY_PEAK for place, height in found]
            inside = both & np.repeat(there, _PART)[: len(both)]
        if peak >= CERTAIN_PEAK:
            self._explain(x, y, inside, at, lag, peak)

    def _explain(self, x: _View, y: _View, inside: NDArray[np.bool_], at: int, lag: int, peak: float) -> None:
        turn = np.exp(2j * np.pi * np.arange(_FRAME // 2 + 1) * lag / _FRAME)
        cross = (y.spectra[inside] * x.spectra[inside].conj() * turn).real
        a, b = _by_band(x.power[inside]), _by_band(y.power[inside])
        bands = _Bands(a, b, _by_band(cross), at + np.flatnonzero(inside))
        self._leaks += _explain(self.roles, bands, lag, peak)

    def result(self) -> list[Leak]:
        """Return the strongest leak of each direction, over all batches."""
        best: dict[tuple[Role, Role], list[Leak]] = {}
        for leak in self._leaks:
            best.setdefault((leak.source, leak.target), []).append(leak)
        return [_joined(leaks, self.windows) for leaks in best.values()]


def _by_band(lines: NDArray[np.floating[Any]]) -> Floats:
    return np.add.reduceat(lines[:, : _EDGES[-1]].astype(np.float64), _EDGES[:-1], axis=1)


def _peak(summed: Spectra) -> tuple[int, float]:
    """Return the lag of the largest correlation and how far it stands above the noise."""
    correlation = np.fft.irfft(summed, _FRAME)
    lag = int(np.abs(correlation).argmax())
    noise = float(np.sqrt(np.mean(correlation**2)))
    peak = float(abs(correlation[lag])) / max(noise, 1e-30)
    return (lag - _FRAME if lag > _FRAME // 2 else lag), peak


def _explain(roles: tuple[Role, Role], bands: _Bands, lag: int, peak: float) -> list[Leak]:
    forth, forth_worth, rest = _fit(bands.a, bands.b, bands.cross)
    back, back_worth, _ = _fit(bands.b, bands.a, bands.cross)
    is_same = rest < _SAME_RESIDUAL
    found = []
    if is_same or (forth_worth > _LEAST_EXPLAINED and forth_worth > 3.0 * back_worth):
        found.append(_leak(roles, forth, lag, peak, forth_worth, is_same, bands))
    elif back_worth > _LEAST_EXPLAINED and back_worth > 3.0 * forth_worth:
        turned = _Bands(bands.b, bands.a, bands.cross, bands.at)
        found.append(_leak((roles[1], roles[0]), back, -lag, peak, back_worth, False, turned))
    elif min(forth_worth, back_worth) > _LEAST_EXPLAINED:
        turned = _Bands(bands.b, bands.a, bands.cross, bands.at)
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
    roles: tuple[Role, Role], gain: float, lag: int, peak: float, worth: float, is_same: bool, bands: _Bands
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
        start_s=first * _FRAME / RATE_HZ,
        end_s=(last + 1) * _FRAME / RATE_HZ,
        share=float(there.sum()),
    )


def _longest(places: NDArray[np.intp]) -> tuple[int, int]:
    """Return first and last of the longest stretch of windows without large holes."""
    if not len(places):
        return 0, 0
    parts = np.split(places, np.flatnonzero(np.diff(places) > _SPAN_REACH) + 1)
    longest = max(parts, key=len)
    return int(longest[0]), int(longest[-1])


def _joined(leaks: list[Leak], windows: int) -> Leak:
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
