"""How a chapter's stems make up a reference mix: best gain and lag of each, and what remains.

On mono sketches at 12 kHz: enough to say that a fader moved or that a stem starts late, and where the
sum and the mix part company. The null of our own prints is proven elsewhere, sample by sample.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import Role
from stemkit.core.units import db_from_amplitude
from stemkit.meters._drift import drift_of

VERSION = 4
RATE_HZ = 12_000
_LEAST_SHARE = 1e-5
"""Of the reference's power: a quieter stem says nothing about its own gain."""
_CLEAR_PEAK = 8.0
_PASSES = 3
_EXPLAINED_DB = -30.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StemPart:
    """How one stem is in the mix.

    Parameters
    ----------
    gain_db
        How much louder it is in the mix than as delivered; `None` where it is too quiet to tell, or not in it.
    lag_s
        How much later it is in the mix; `None` as above.
    is_inverted
        Whether it is there with the other sign.
    drift
        By how many seconds a second its lag grows; `None` where it stays.
    lag_samples
        The lag in whole samples at the profile's rate, where the sound itself proves it.
    """

    role: Role
    gain_db: float | None
    lag_s: float | None
    is_inverted: bool = False
    drift: float | None = None
    lag_samples: int | None = None


@dataclass(frozen=True, slots=True)
class ReferenceFit:
    """A mix explained by its stems.

    Parameters
    ----------
    parts
        In the order of the stems.
    residual_db
        What the stems, at their best gains and lags, leave of the mix; against the mix. `None` for a silent mix.
    worst_s, worst_db
        Start of the second in which most remains, from the picture's start, and how much of the mix's level that is.
    reason
        Why nothing was compared, `None` if it was.
    """

    parts: tuple[StemPart, ...] = ()
    residual_db: float | None = None
    worst_s: float | None = None
    worst_db: float | None = None
    reason: str | None = None

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as plain arrays, for keeping without pickle."""
        return {"reference": np.asarray(json.dumps(asdict(self)))}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> ReferenceFit:
        """Bring back what `as_arrays` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        kept = json.loads(str(arrays["reference"].item()))
        parts = tuple(StemPart(**{**part, "role": Role(part["role"])}) for part in kept.pop("parts"))
        return cls(parts, **kept)


def fit_reference(mix: Floats, stems: Sequence[tuple[Role, Floats]]) -> ReferenceFit:
    """Explain the sketch of a mix by those of its stems, all from the picture's start."""
    power = float(np.mean(mix**2)) if len(mix) else 0.0
    if power <= 1e-12:
        return ReferenceFit(reason="the reference mix is silent")
    lags: list[int | None] = [None] * len(stems)
    gains = np.zeros(len(stems))
    rest = mix
    for _ in range(_PASSES):
        # What the others explain is taken away, so that a quiet stem is heard under a loud one.
        for at, (_, stem) in enumerate(stems):
            if float(np.sum(stem**2)) < _LEAST_SHARE * power * len(mix):
                continue
            own = rest + gains[at] * _shifted(stem, lags[at] or 0, len(mix))
            lags[at] = _lag(own, stem)
        gains = _gains(mix, [stem for _, stem in stems], lags)
        rest = mix - _sum(stems, lags, gains, len(mix))
    fit = _result(mix, rest, stems, lags, gains)
    if fit.residual_db is None or fit.residual_db <= _EXPLAINED_DB:
        return fit
    drifts = (drift_of(mix, stem, lag or 0) for (_, stem), lag in zip(stems, lags, strict=True))
    return replace(fit, parts=tuple(replace(part, drift=found) for part, found in zip(fit.parts, drifts, strict=True)))


def _result(
    mix: Floats, rest: Floats, stems: Sequence[tuple[Role, Floats]], lags: Sequence[int | None], gains: Floats
) -> ReferenceFit:
    parts = []
    for (role, _), lag, gain in zip(stems, lags, gains, strict=True):
        is_there = lag is not None and abs(gain) > 1e-3
        gain_db = db_from_amplitude(abs(float(gain))) if is_there else None
        lag_s = lag / RATE_HZ if is_there and lag is not None else None
        parts.append(StemPart(role, gain_db, lag_s, bool(is_there and gain < 0.0)))
    # Where a stem is late, its end is not there, and nobody can say what it would have explained.
    known = [lag for lag in lags if lag is not None]
    first, behind = max(0, *known, 0), max(0, *(-lag for lag in known), 0)
    mix, rest = mix.copy(), rest.copy()
    for sound in (mix, rest):
        sound[:first] = 0.0
        sound[len(sound) - behind :] = 0.0
    residual = 10.0 * np.log10(max(float(np.sum(rest**2)) / max(float(np.sum(mix**2)), 1e-12), 1e-12))
    seconds = len(mix) // RATE_HZ
    if not seconds:
        return ReferenceFit(tuple(parts), float(residual))
    left, whole = (_by_second(sound, seconds) for sound in (rest, mix))
    worst = int(left.argmax())
    # Against the mix there, or against its usual level where it is nearly silent.
    level = max(whole[worst], 0.01 * float(np.mean(whole)), 1e-12)
    worst_db = 10.0 * float(np.log10(max(left[worst] / level, 1e-12)))
    return ReferenceFit(tuple(parts), float(residual), float(worst), worst_db)


def _by_second(sound: Floats, seconds: int) -> Floats:
    return np.asarray(np.sum(sound[: seconds * RATE_HZ].reshape(seconds, RATE_HZ) ** 2, axis=1))


def _lag(mix: Floats, stem: Floats) -> int | None:
    """Return how many samples later a stem is in a mix; `None` where it cannot be found there."""
    size = 1 << (len(mix) + len(stem) - 1).bit_length()
    cross = np.fft.rfft(mix, size) * np.fft.rfft(stem, size).conj()
    # Half whitened: sharp as timing needs it, and not deaf to what is loud.
    correlation = np.fft.irfft(cross / np.sqrt(np.abs(cross) + 1e-12), size)
    best = int(np.abs(correlation).argmax())
    noise = float(np.sqrt(np.mean(correlation**2)))
    if abs(correlation[best]) < _CLEAR_PEAK * noise:
        return None
    return best - size if best > size // 2 else best


def _shifted(stem: Floats, lag: int, length: int) -> Floats:
    out = np.zeros(length)
    first, last = max(0, lag), min(length, lag + len(stem))
    if last > first:
        out[first:last] = stem[first - lag : last - lag]
    return out


def _gains(mix: Floats, stems: Sequence[Floats], lags: Sequence[int | None]) -> Floats:
    gains = np.zeros(len(stems))
    there = [at for at, lag in enumerate(lags) if lag is not None]
    if there:
        columns = [_shifted(stems[at], lags[at] or 0, len(mix)) for at in there]
        products = np.array([[float(a @ b) for b in columns] for a in columns])
        gains[there] = np.linalg.lstsq(products, np.array([float(a @ mix) for a in columns]), rcond=None)[0]
    return gains


def _sum(stems: Sequence[tuple[Role, Floats]], lags: Sequence[int | None], gains: Floats, length: int) -> Floats:
    total = np.zeros(length)
    for (_, stem), lag, gain in zip(stems, lags, gains, strict=True):
        if lag is not None:
            total += gain * _shifted(stem, lag, length)
    return total
