"""The low notes alone: what a repair of offset or polarity rests on, without listening to everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.kernels import content as kernels
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
            kernels.clean(block[done : done + n], self._buffer[:, self._filled : self._filled + n])
            self._filled += n
            done += n
            if self._filled == room:
                self._look()

    def _look(self) -> None:
        step, width = self._rate // _WINDOWS, max(1, self._rate // 800)
        rows = np.zeros((self._filled // step if step else 0, 5))
        kernels.low_band(self._buffer, 0, step, width, rows)
        rows[:, 3:] /= max(1, step // width * width)
        self._rows.append(rows)
        self._filled = 0

    def result(self) -> LowBand:
        """Return the low band of all that was pushed; nothing may follow."""
        self._look()
        return LowBand(self._rate, self._channels, np.concatenate(self._rows))
