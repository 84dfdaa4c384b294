"""The one shape in which sound travels through stemkit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]
"""float64, shape ``(samples, channels)``, full scale ±1.0, any length including 0."""

Stream = Iterator[Block]
"""Blocks in order; results never depend on where they are cut."""

BLOCK_SAMPLES = 1 << 16
"""Length of the blocks that stemkit cuts by itself."""


def is_same_sound(one: Iterable[Block], other: Iterable[Block]) -> bool:
    """Tell whether two streams hold the same samples, however each is cut into blocks.

    Examples
    --------
    >>> a, b = np.zeros((3, 2)), np.zeros((2, 2))
    >>> is_same_sound([a, b], [b, a]), is_same_sound([a], [b])
    (True, False)
    """
    streams = (iter(one), iter(other))
    held = [np.zeros((0, 0)), np.zeros((0, 0))]
    while True:
        for side, stream in enumerate(streams):
            while not len(held[side]):
                if (block := next(stream, None)) is None:
                    return not len(held[1 - side]) and all(not len(rest) for rest in streams[1 - side])
                held[side] = block
        count = min(map(len, held))
        if not np.array_equal(held[0][:count], held[1][:count]):
            return False
        held = [block[count:] for block in held]
