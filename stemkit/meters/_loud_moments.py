"""The spectrum of a sound's loud moments: where it ends on the whole, and in each moment of 20 ms.

A sound that was converted from a lower rate ends at half of that rate, always. A codec drops what nobody hears at
the time, so its end moves from moment to moment, and is as sharp each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from stemkit.meters._content import WALL_BANDS, Floats

_FFT, _SHORT = 4096, 1024
_MOMENTS = 4
_AUDIBLE = 1e-6
_BAND_LINES = 8
_LOWEST_HZ = 7_900.0
_HIGHEST_RATE_HZ = 50_000


@dataclass(slots=True, eq=False)
class LoudMoments:
    """A sink for the mono mix at the sound's own rate, in chunks of some seconds.

    Parameters
    ----------
    rate_hz
        Of the sound.
    """

    rate_hz: int
    spectra: list[Floats] = field(default_factory=list)
    walls: list[Floats] = field(default_factory=list)
    _window: Floats = field(default_factory=lambda: np.blackman(_FFT))

    def push(self, mono: Floats) -> None:
        """Look at the loudest moments of a chunk."""
        count = len(mono) // _FFT
        if not count:
            return
        moments = mono[: count * _FFT].reshape(count, _FFT)
        energy = np.einsum("ij,ij->i", moments, moments)
        loudest = np.sort(np.argsort(energy)[::-1][:_MOMENTS])
        if energy.max() <= _FFT * _AUDIBLE:
            return
        power = np.abs(np.fft.rfft(moments[loudest] * self._window, axis=1)) ** 2
        power *= 2.0 / (np.sum(self._window**2) * _FFT)
        self.spectra.append(power[:, 1:].reshape(len(power), WALL_BANDS, -1).sum(axis=2).mean(axis=0))
        self.walls.append(self._walls(moments[loudest]))

    def _walls(self, moments: Floats) -> Floats:
        """Return where the spectrum of each short moment falls most within three bands of 375 Hz, and how far."""
        size = _SHORT << max(0, int(np.ceil(np.log2(self.rate_hz / _HIGHEST_RATE_HZ))))
        frames = np.lib.stride_tricks.sliding_window_view(moments, min(size, _FFT), axis=1)[:, :: size // 2]
        frames = frames.reshape(-1, frames.shape[2])
        lines = np.abs(np.fft.rfft(frames * np.blackman(frames.shape[1]), axis=1)) ** 2
        bands = 10.0 * np.log10(lines[:, 1:].reshape(len(lines), -1, _BAND_LINES).sum(axis=2) + 1e-20)
        width = self.rate_hz / 2.0 / bands.shape[1]
        lowest = int(_LOWEST_HZ / width)
        if bands.shape[1] < lowest + 4:
            return np.zeros((0, 2))
        # Two bands on each side must agree: a single line of a tone is no end of a spectrum.
        below = np.minimum(bands[:, lowest - 1 : -3], bands[:, lowest - 2 : -4])
        above = np.maximum(bands[:, lowest + 1 : -1], bands[:, lowest + 2 :])
        drop = below - above
        at = drop.argmax(axis=1)
        return np.column_stack([(lowest + at) * width, drop[np.arange(len(drop)), at]])
