"""What syllables do to the middle bands, heard under or over something else: eight features of three seconds.

Music keeps a beat, and its bands go their own ways; syllables come unevenly, and all bands rise and fall with them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.meters._content import FRAMES_PER_SECOND, Floats

NAMES = ("low_energy", "together", "middle_modulation", "beat", "flux_change", "middle_depth", "skew", "short_voicings")
_FIRST, _LAST = 4, 17
_FLOOR_DB = 50.0
_TREND = 12
_TINY = 1e-6
_SHORTEST, _LONGEST = 2, 14


def syllable_features(bands: Floats, strength: Floats, active: NDArray[np.bool_]) -> list[Floats]:
    """Return the features of windows: bands in dB, shape ``(windows, frames, bands)``, and voicing of each frame."""
    power = (10.0 ** (bands[:, :, _FIRST:_LAST] / 10.0)).sum(axis=2)
    level = np.maximum(bands, bands.max(axis=(1, 2), keepdims=True) - _FLOOR_DB)[:, :, _FIRST:_LAST]
    level = level - level.mean(axis=1, keepdims=True)
    moves = level - _trend(level)
    modulation, beat = _modulation(level)
    flux = np.abs(np.diff(bands - bands.mean(axis=2, keepdims=True), axis=1)).mean(axis=2)
    return [
        (power < 0.5 * power.mean(axis=1, keepdims=True)).mean(axis=1),
        moves.sum(axis=2).var(axis=1) / (moves.shape[2] * ((moves.std(axis=1) + _TINY) ** 2).sum(axis=1)),
        modulation,
        beat,
        flux.std(axis=1) / (flux.mean(axis=1) + _TINY),
        level.std(axis=1).mean(axis=1),
        (moves**3).mean(axis=(1, 2)) / ((moves**2).mean(axis=(1, 2)) ** 1.5 + _TINY),
        _short_voicings(active & (strength > 0.55)),
    ]


def _trend(level: Floats) -> Floats:
    """Return the moving mean over half a second, with silence beyond the ends."""
    padded = np.pad(level, ((0, 0), (_TREND // 2, _TREND // 2), (0, 0)))
    sums = np.cumsum(np.pad(padded, ((0, 0), (1, 0), (0, 0))), axis=1)
    return np.asarray((sums[:, _TREND:] - sums[:, :-_TREND])[:, : level.shape[1]] / _TREND)


def _modulation(level: Floats) -> tuple[Floats, Floats]:
    """Return the share of changes at the pace of syllables, and how much one pace stands out."""
    frames = level.shape[1]
    rates = np.fft.rfftfreq(frames, 1.0 / FRAMES_PER_SECOND)
    power = np.abs(np.fft.rfft(level * np.hanning(frames)[:, np.newaxis], axis=1)) ** 2
    paced = power[:, (rates >= 2.5) & (rates <= 8.0)].sum(axis=(1, 2))
    near = power[:, (rates >= 2.0) & (rates <= 10.0)].sum(axis=2)
    beat = np.log(near.max(axis=1) / (near.mean(axis=1) + _TINY) + _TINY)
    return np.asarray(paced / (power[:, rates > 0.5].sum(axis=(1, 2)) + _TINY)), np.asarray(beat)


def _short_voicings(voiced: NDArray[np.bool_]) -> Floats:
    """Return which share of the voiced time comes in pieces as long as a syllable."""
    found = np.zeros(len(voiced))
    for at, edges in enumerate(np.diff(np.pad(voiced.astype(np.int8), ((0, 0), (1, 1))), axis=1)):
        lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
        if len(lengths):
            found[at] = lengths[(lengths >= _SHORTEST) & (lengths <= _LONGEST)].sum() / lengths.sum()
    return found
