"""The low notes alone: what a repair of offset or polarity rests on, without listening to everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stemkit.audio.reader import PcmFile
from stemkit.core.block import Block
from stemkit.kernels.content import clean
from stemkit.kernels.low_band import low_band, low_band_16, low_band_24
from stemkit.meters._content import Floats

LOW_BAND_VERSION = 1
_CHUNK_S = 4  # as the content scan cuts a sound, so that both give the same bits
_WINDOWS = 10


class WithLowBand(Protocol):
    """Whatever holds the low band of a sound (`stemkit.meters._content.Content.low_band`)."""

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the sound in Hz."""

    @property
    def channels(self) -> int:
        """Channels of the sound."""

    @property
    def low_band(self) -> Floats:
        """Powers, product and means of the first two channels every 100 ms, shape ``(n, 5)``."""


@dataclass(frozen=True, slots=True, eq=False)
class LowBand:
    """The low band of a sound, the same numbers as the content scan's."""

    sample_rate_hz: int
    channels: int
    low_band: Floats

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as plain arrays, for keeping without pickle."""
        shape = np.array([self.sample_rate_hz, self.channels])
        return {"shape": shape, "low_band": self.low_band}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> LowBand:
        """Bring back what `as_arrays` gave.

        Raises
        ------
        KeyError
            If something is missing.
        """
        rate, channels = (int(one) for one in arrays["shape"].tolist())
        return cls(rate, channels, np.asarray(arrays["low_band"], dtype=np.float64))


class LowBandScanner:
    """A sink that keeps the low band of what is pushed into it, whatever the lengths of its blocks."""

    def __init__(self, sample_rate_hz: int, channels: int) -> None:
        self._rate, self._channels = sample_rate_hz, channels
        self._buffer = np.zeros((channels, _CHUNK_S * sample_rate_hz))
        self._filled = 0
        self._rows: list[Floats] = []

    def push(self, block: Block) -> None:
        """Take the next samples, shape ``(n, channels)``."""
        done, room = 0, self._buffer.shape[1]
        while done < len(block):
            n = min(len(block) - done, room - self._filled)
            clean(block[done : done + n], self._buffer[:, self._filled : self._filled + n])
            self._filled += n
            done += n
            if self._filled == room:
                self._look()

    def _look(self) -> None:
        step, width, rows = _steps(self._rate, self._filled)
        low_band(self._buffer, 0, step, width, rows)
        self._rows.append(_as_means(rows, step, width))
        self._filled = 0

    def result(self) -> LowBand:
        """Return the low band of all that was pushed; nothing may follow."""
        self._look()
        return LowBand(self._rate, self._channels, np.concatenate(self._rows))


def _steps(rate: int, length: int) -> tuple[int, int, Floats]:
    """Return the samples of a step and of a sum in it, and a row for each step of a chunk."""
    step = rate // _WINDOWS
    return step, max(1, rate // 800), np.zeros((length // step if step else 0, 5))


def _as_means(rows: Floats, step: int, width: int) -> Floats:
    rows[:, 3:] /= max(1, step // width * width)
    return rows


def low_band_as_stored(file: PcmFile, told: Callable[[int], None]) -> LowBand | None:
    """Return the low band of a file of 16 or 24 bit, `None` for any other: nothing is decoded, since sums are exact.

    Raises
    ------
    MediaError
        If it cannot be read to its end.
    """
    media = file.media
    if media.subtype not in ("PCM_16", "PCM_24"):
        return None
    rate, channels, found = media.sample_rate_hz, media.channels, [np.zeros((0, 5))]
    buffer = np.zeros(_CHUNK_S * rate * file.frame_bytes, np.uint8)
    for start in range(0, media.length_samples, _CHUNK_S * rate):
        length = file.read_into(start, buffer.data)
        step, width, rows = _steps(rate, length)
        if media.subtype == "PCM_16":
            low_band_16(buffer.view(np.int16), channels, step, width, rows)
        else:
            low_band_24(buffer, channels, step, width, rows)
        found.append(_as_means(rows, step, width))
        told(length)
    return LowBand(rate, channels, np.concatenate(found))
