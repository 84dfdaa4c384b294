"""What tells voices, effects and music apart, over windows of three seconds.

Speech changes its spectrum all the time, glides in pitch, and pauses; music holds its notes; effects
have no pitch. None of these is certain alone; together they separate real film sound well.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stemkit.meters._content import FRAMES_PER_SECOND, MEL_BANDS, Content, Floats
from stemkit.meters._syllables import NAMES as SYLLABLES
from stemkit.meters._syllables import syllable_features

WINDOW, STEP = 70, 35
NAMES = (
    "modulation",
    "depth",
    "voiced",
    "glide",
    "steady",
    "jump",
    "pitch_range",
    "periodicity",
    "periodicity_change",
    "flux",
    "pauses",
    "colour_change",
    "low",
    "high",
    "middle",
    "line",
    *SYLLABLES,
)
_FEWEST_ACTIVE = 12
_RATES = np.fft.rfftfreq(WINDOW, 1.0 / FRAMES_PER_SECOND)


def _mean(values: Floats, where: NDArray[np.bool_]) -> Floats:
    count = where.sum(axis=1)
    total = np.where(where, values, 0.0).sum(axis=1)
    return np.asarray(total / np.maximum(count, 1))


def _spread(values: Floats, where: NDArray[np.bool_]) -> Floats:
    middle = _mean(values, where)
    return np.asarray(np.sqrt(_mean((values - middle[:, np.newaxis]) ** 2, where)))


def speech_features(content: Content) -> tuple[NDArray[np.intp], Floats]:
    """Return the first frames of the windows that have sound, and their features, shape ``(windows, 24)``."""
    frames = len(content.levels_db)
    if frames < WINDOW:
        return np.zeros(0, np.intp), np.zeros((0, len(NAMES)))
    starts = np.arange(0, frames - WINDOW + 1, STEP)
    levels = sliding_window_view(content.levels_db.astype(np.float64), WINDOW)[starts]
    active = levels > np.maximum(levels.max(axis=1) - 35.0, -55.0)[:, np.newaxis]
    heard = active.sum(axis=1) >= _FEWEST_ACTIVE
    starts, levels, active = starts[heard], levels[heard], active[heard]
    if not len(starts):
        return starts, np.zeros((0, len(NAMES)))
    bands = sliding_window_view(content.bands_db.astype(np.float64), WINDOW, axis=0)[starts].transpose(0, 2, 1)
    pitch = sliding_window_view(np.log2(np.maximum(content.pitch_hz.astype(np.float64), 1.0)), WINDOW)[starts]
    strength = sliding_window_view(content.pitch_strength.astype(np.float64), WINDOW)[starts]
    line = sliding_window_view(content.peak_share.astype(np.float64), WINDOW)[starts]
    columns = [
        *_modulation(bands),
        *_pitch(pitch, strength, active),
        _mean(strength, active),
        _spread(strength, active),
        _flux(bands, active),
        (levels < levels.max(axis=1)[:, np.newaxis] - 20.0).mean(axis=1),
        *_colour(bands, active),
        _mean(line, active),
        *syllable_features(bands, strength, active),
    ]
    return starts, np.column_stack(columns)


def _modulation(bands: Floats) -> tuple[Floats, Floats]:
    """Return the share of syllable-rate changes in all changes of the bands, and how deep they are in dB."""
    x = np.maximum(bands, bands.max(axis=(1, 2), keepdims=True) - 50.0)
    x = x - x.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(x * np.hanning(WINDOW)[:, np.newaxis], axis=1)) ** 2
    total = power[:, _RATES > 0.5].sum(axis=(1, 2)) + 1e-9
    syllables = power[:, (_RATES >= 2.5) & (_RATES <= 8.0)].sum(axis=(1, 2))
    return np.asarray(syllables / total), np.asarray(np.sqrt((x**2).mean(axis=(1, 2))))


def _pitch(pitch: Floats, strength: Floats, active: NDArray[np.bool_]) -> tuple[Floats, ...]:
    """Return how much is voiced, and how its pitch moves: gliding, steady, jumping; and its range in semitones."""
    voiced = active & (strength > 0.55)
    moves = 12.0 * np.abs(np.diff(pitch, axis=1))
    both = voiced[:, 1:] & voiced[:, :-1]
    none = ~both.any(axis=1)
    glide = _mean(((moves > 0.15) & (moves < 2.5)).astype(float), both)
    steady = np.where(none, 1.0, _mean((moves < 0.1).astype(float), both))
    jump = _mean((moves > 3.0).astype(float), both)
    spread = np.where(voiced.sum(axis=1) > 3, 12.0 * _spread(pitch, voiced), 0.0)
    return np.asarray(voiced.sum(axis=1) / active.sum(axis=1)), glide, steady, jump, spread


def _flux(bands: Floats, active: NDArray[np.bool_]) -> Floats:
    """Return how much the shape of the spectrum changes from frame to frame, in dB a band."""
    shape = bands - bands.mean(axis=2, keepdims=True)
    return _mean(np.abs(np.diff(shape, axis=1)).mean(axis=2), active[:, 1:])


def _colour(bands: Floats, active: NDArray[np.bool_]) -> tuple[Floats, ...]:
    """Return how the centre of the spectrum moves, and how low, high and middle bands stand against the largest."""
    power = 10.0 ** (bands / 10.0)
    centre = (np.arange(MEL_BANDS) * power).sum(axis=2) / np.maximum(power.sum(axis=2), 1e-30)
    balance = np.where(active[:, :, np.newaxis], bands, 0.0).sum(axis=1) / active.sum(axis=1)[:, np.newaxis]
    balance = balance - balance.max(axis=1, keepdims=True)
    parts = (balance[:, :2], balance[:, 16:], balance[:, 3:10])
    return (_spread(centre, active), *(np.asarray(part.mean(axis=1)) for part in parts))
