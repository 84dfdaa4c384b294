"""What a stretch of sound looks like: its mel spectrogram, drawn with librosa and only when somebody asked for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.meters._content import Floats

_WINDOW = 2048
_FLOOR_DB = 80.0
_FULL = 255.0


def mel_picture(sound: Floats, rate_hz: int, columns: int, bands: int) -> NDArray[np.uint8]:
    """Return levels over time and pitch, from 0 (80 dB below the loudest) to 255.

    Parameters
    ----------
    sound
        Mono.
    rate_hz
        Its rate; the picture reaches up to half of it.
    columns, bands
        At most so many columns of time; so many rows of pitch, the lowest first.

    Returns
    -------
    ndarray
        Shape (bands, columns).
    """
    import librosa

    hop = max(256, -(-len(sound) // columns))
    power = librosa.feature.melspectrogram(
        y=sound.astype(np.float32), sr=rate_hz, n_fft=_WINDOW, hop_length=min(hop, _WINDOW), n_mels=bands
    )
    joined = _fewer(np.asarray(power, dtype=np.float64), columns)
    loudest = float(joined.max(initial=0.0))
    if loudest <= 0.0:
        return np.zeros(joined.shape, dtype=np.uint8)
    levels = 10.0 * np.log10(np.maximum(joined / loudest, 10.0 ** (-_FLOOR_DB / 10.0)))
    return np.asarray(np.round((levels / _FLOOR_DB + 1.0) * _FULL), dtype=np.uint8)


def _fewer(power: Floats, columns: int) -> Floats:
    """Return columns joined to no more than are asked for, each the loudest of its part."""
    count = power.shape[1]
    if count <= columns:
        return power
    starts = np.linspace(0, count, columns + 1).astype(np.int64)[:-1]
    return np.asarray(np.maximum.reduceat(power, starts, axis=1))
