"""Whether a stem runs away from a mix: its lag, moment by moment, along a line that is not level."""

from __future__ import annotations

import numpy as np

from stemkit.meters._content import RATE_HZ, Floats

_CHUNK_S, _REACH_S = 4, 1
_CLEAR_PEAK = 7.0
_FEWEST = 4
_LEAST_S = 0.003
_LARGEST_ERROR = 0.2


def drift_of(mix: Floats, stem: Floats, lag: int) -> float | None:
    """Return by how many seconds a second the stem's lag in the mix grows; `None` where it does not, or who knows.

    Parameters
    ----------
    mix, stem
        Sketches from the picture's start.
    lag
        About how many samples later the stem is in the mix.
    """
    chunk, reach = _CHUNK_S * RATE_HZ, _REACH_S * RATE_HZ
    found = []
    for at in range(max(0, reach - lag), min(len(stem) - chunk, len(mix) - lag - chunk - reach) + 1, chunk):
        part = stem[at : at + chunk]
        there = mix[at + lag - reach : at + lag + chunk + reach]
        if float(part @ part) > 1e-9 * chunk and (place := _place(there, part, 2 * reach)) is not None:
            found.append((at / RATE_HZ, (place - reach) / RATE_HZ))
    if len(found) < _FEWEST:
        return None
    times, lags = np.array(found).T
    first, second = np.triu_indices(len(times), len(times) // 2)  # far apart: lags are whole samples
    slope = float(np.median((lags[second] - lags[first]) / (times[second] - times[first])))
    change = abs(slope) * (times[-1] - times[0])
    error = float(np.median(np.abs(lags - slope * times - np.median(lags - slope * times))))
    return slope if change >= _LEAST_S and error <= _LARGEST_ERROR * change else None


def _place(sound: Floats, part: Floats, last: int) -> int | None:
    """Return where a part lies in a sound, no later than ``last``; `None` where it cannot be found there."""
    size = 1 << (len(sound) + len(part) - 1).bit_length()
    cross = np.fft.rfft(sound, size) * np.fft.rfft(part, size).conj()
    correlation = np.abs(np.fft.irfft(cross / np.sqrt(np.abs(cross) + 1e-12), size)[: last + 1])
    best = int(correlation.argmax())
    noise = float(np.sqrt(np.mean(correlation**2)))
    return best if correlation[best] >= _CLEAR_PEAK * max(noise, 1e-30) else None
