"""A checksum of what goes into a file, cheap enough to be taken of all that is written, and again on reading.

Words of 8 bytes times fixed random weights, window by window: a change of any word, or of their order, shows but for
one case in 2^64 or so. It guards against accidents, not against somebody who knows it; for that there is SHA-256.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

WINDOW_BYTES = 1 << 17
_WORD_BYTES = 8
_STEP = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


class Checksum:
    """A running checksum; the same for the same bytes, however they are cut."""

    __slots__ = ("_bytes", "_filled", "_value", "_window")

    def __init__(self) -> None:
        self._window = np.zeros(WINDOW_BYTES, np.uint8)
        self._filled = self._bytes = self._value = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        raw = np.frombuffer(data, np.uint8)
        self._bytes += len(raw)
        if not self._filled and len(raw) == WINDOW_BYTES:
            self._fold(raw)
            return
        while len(raw):
            part = raw[: WINDOW_BYTES - self._filled]
            self._window[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            raw = raw[len(part) :]
            if self._filled == WINDOW_BYTES:
                self._fold(self._window)
                self._filled = 0

    @property
    def value(self) -> int:
        """The checksum of all that was taken, its length included."""
        rest = self._window[: -(-self._filled // _WORD_BYTES) * _WORD_BYTES].copy()
        rest[self._filled :] = 0
        return _folded(_folded(self._value, rest), np.array([self._bytes], np.uint64))

    def _fold(self, window: NDArray[np.uint8]) -> None:
        self._value = _folded(self._value, window)


def _folded(value: int, window: NDArray[np.uint8] | NDArray[np.uint64]) -> int:
    words = window.view(np.uint64)
    return (value * _STEP + int(np.dot(words, _weights()[: len(words)]))) & _MASK


@cache
def _weights() -> NDArray[np.uint64]:
    """Return odd random words, the same in every process."""
    counters = np.arange(1, WINDOW_BYTES // _WORD_BYTES + 1, dtype=np.uint64) * np.uint64(_STEP)
    mixed = (counters ^ (counters >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> np.uint64(31))) | np.uint64(1)
