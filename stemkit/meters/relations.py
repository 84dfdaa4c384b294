"""What the stems of a chapter have in common: who leaks into whom, how much, and where.

Stems made apart have nothing in common: their cross-correlation, whitened and added up over a
chapter, is noise without a peak (largest value about 5 times its spread on real film sound). Shared
sound makes a peak of 10 to 60 times, even 40 dB down.
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
from stemkit.meters._content import Floats
from stemkit.meters._leaks import EDGES, FRAME, LOWEST_BIN, Bands, Leak, explain, joined

__all__ = ["CERTAIN_PEAK", "Leak", "RelationScanner", "Relations"]

VERSION = 3
_BATCH = 88
_PART = 22
_AUDIBLE = 1e-7
CERTAIN_PEAK = 9.0
_LIKELY_PEAK = 6.5


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
        self._window = np.hanning(FRAME + 1)[:-1]
        self._at = 0
        self._pairs = {pair: _Pair(*pair) for pair in combinations(roles, 2)}

    def push(self, sketches: Mapping[Role, Floats]) -> None:
        """Take the next samples of every role at 12 kHz; roles may run ahead of each other."""
        for role, sketch in sketches.items():
            self._rest[role] = np.concatenate([self._rest[role], sketch])
        batch = _BATCH * FRAME
        while min(map(len, self._rest.values()), default=0) >= batch:
            self._take(batch)

    def _take(self, length: int) -> None:
        views = {}
        for role in self._roles:
            frames = (self._rest[role][:length].reshape(-1, FRAME) * self._window).astype(np.float32)
            self._rest[role] = self._rest[role][length:]
            views[role] = _view(np.fft.rfft(frames, axis=1).astype(np.complex64, copy=False))
        for (a, b), pair in self._pairs.items():
            pair.take(views[a], views[b], self._at)
        self._at += length // FRAME

    def result(self) -> Relations:
        """Return what was found; nothing may follow."""
        left = min(map(len, self._rest.values()), default=0) // FRAME
        if left:
            self._take(left * FRAME)
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
    sounds = power.sum(axis=1) > FRAME * FRAME * _AUDIBLE / 8
    phases = spectra / np.sqrt(power + np.float32(1e-12))
    phases[:, :LOWEST_BIN] = 0.0
    phases[~sounds] = 0.0
    return _View(spectra, phases, power, sounds)


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
        turn = np.exp(2j * np.pi * np.arange(FRAME // 2 + 1) * lag / FRAME)
        cross = (y.spectra[inside] * x.spectra[inside].conj() * turn).real
        a, b = _by_band(x.power[inside]), _by_band(y.power[inside])
        bands = Bands(a, b, _by_band(cross), at + np.flatnonzero(inside))
        self._leaks += explain(self.roles, bands, lag, peak)

    def result(self) -> list[Leak]:
        """Return the strongest leak of each direction, over all batches."""
        best: dict[tuple[Role, Role], list[Leak]] = {}
        for leak in self._leaks:
            best.setdefault((leak.source, leak.target), []).append(leak)
        return [joined(leaks, self.windows) for leaks in best.values()]


def _by_band(lines: NDArray[np.floating[Any]]) -> Floats:
    return np.add.reduceat(lines[:, : EDGES[-1]].astype(np.float64), EDGES[:-1], axis=1)


def _peak(summed: Spectra) -> tuple[int, float]:
    """Return the lag of the largest correlation and how far it stands above the noise."""
    correlation = np.fft.irfft(summed, FRAME)
    lag = int(np.abs(correlation).argmax())
    noise = float(np.sqrt(np.mean(correlation**2)))
    peak = float(abs(correlation[lag])) / max(noise, 1e-30)
    return (lag - FRAME if lag > FRAME // 2 else lag), peak
