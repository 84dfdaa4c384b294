"""The cheapest look at a print: its largest samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block


class PeakHold:
    """A sink that keeps the largest absolute sample of each 100 ms, which costs next to nothing."""

    def __init__(self, rate_hz: int) -> None:
        self._window = rate_hz // 10
        self._position = 0
        self._found: list[float] = []

    def push(self, block: Block) -> None:
        """Take the next samples."""
        window, done = self._window, 0
        while done < len(block):
            at = self._position % window
            part = block[done : done + window - at]
            largest = max(float(part.max()), -float(part.min()))
            if at:
                self._found[-1] = max(self._found[-1], largest)
            else:
                self._found.append(largest)
            done += len(part)
            self._position += len(part)

    def curve(self) -> NDArray[np.float64]:
        """Return the largest sample of each 100 ms so far."""
        return np.array(self._found)
