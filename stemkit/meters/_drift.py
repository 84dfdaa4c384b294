"""Whether a stem runs away from a mix: its lag, moment by moment, along a line that is not level."""

from __future__ import annotations

import numpy as np

from stemkit.meters._content import RATE_HZ, Floats

_CHUNK_S, _REACH_S = 4, 1
_CLEAR_PEAK = 7.0
_FEWEST = 4
_LEAST_S = 0.003
_LARGEST_ERROR = 0.2
_PASSES = 3


def drift_of(mix: Floats, stem: Floats, lag: int) -> float | None:
    """Return by how many seconds a second the stem's lag in the mix grows; `None` where it does not, or who knows.

    Parameters
    ----------
    mix, stem
        Sketches from the picture's start.
    lag
        About how many samples later the stem is in the mix.
    """
    slope = 0.0
    for _ in range(_PASSES):
        found = _slope(*_lags(mix, stem, lag, slope))
        if found is None:
            return None
        slope = found
    return slope


def _lags(mix: Floats, stem: Floats, lag: int, slope: float) -> tuple[Floats, Floats]:
    """Return where a stem's parts sound, and their lags there, in seconds; parts are stretched as by the drift."""
    chunk, reach = _CHUNK_S * RATE_HZ, _REACH_S * RATE_HZ
    times, lags = [], []
    for at in range(max(0, reach - lag), min(len(stem) - chunk, len(mix) - lag - chunk - reach) + 1, chunk):
        part = stem[at : at + chunk]
        there = mix[at + lag - reach : at + lag + chunk + reach]
        stretched = np.interp(np.arange(chunk) / (1.0 + slope), np.arange(chunk), part)
        if float(part @ part) > 1e-9 * chunk and (place := _place(there, stretched, 2 * reach)) is not None:
            centre = _centre(part)
            times.append((at + centre) / RATE_HZ)
            lags.append((place - reach + slope * centre) / RATE_HZ)
    return np.array(times), np.array(lags)


def _slope(times: Floats, lags: Floats) -> float | None:
    if len(times) < _FEWEST:
        return None
    first, second = np.triu_indices(len(times), len(times) // 2)  # far apart: lags are whole samples
    slope = float(np.median((lags[second] - lags[first]) / (times[second] - times[first])))
    change = abs(slope) * (times[-1] - times[0])
    error = float(np.median(np.abs(lags - slope * times - np.median(lags - slope * times))))
    return slope if change >= _LEAST_S and error <= _LARGEST_ERROR * change else None


def _centre(part: Floats) -> float:
    """Return where the sound of a part is: a lag is that of the words, not of the silence around them."""
    power = part**2
    return float(power @ np.arange(len(part)) / power.sum())


def _place(sound: Floats, part: Floats, last: int) -> int | None:
    """Return where a part lies in a sound, no later than ``last``; `None` where it cannot be found there."""
    size = 1 << (len(sound) + len(part) - 1).bit_length()
    cross = np.fft.rfft(sound, size) * np.fft.rfft(part, size).conj()
    correlation = np.abs(np.fft.irfft(cross / np.sqrt(np.abs(cross) + 1e-12), size)[: last + 1])
    best = int(correlation.argmax())
    noise = float(np.sqrt(np.mean(correlation**2)))
    return best if correlation[best] >= _CLEAR_PEAK * max(noise, 1e-30) else None
