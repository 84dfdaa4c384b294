"""The sound of a leader: silence, with tone where a plan says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stemkit.core.block import Block
from stemkit.core.timebase import Span


def leader_sound(
    length_samples: int, tones: Sequence[Span], rate_hz: int, frequency_hz: float, level_dbfs: float, bits: int
) -> Block:
    """Return one channel of leader, on the grid of a word length.

    A tone begins at a zero crossing with the first sample of its span and is rounded without dither, so that
    every print and every reel has the very same one.
    """
    sound = np.zeros((length_samples, 1))
    for span in tones:
        sine = np.sin(2.0 * np.pi * frequency_hz / rate_hz * np.arange(span.length))
        sound[span.start : span.end, 0] = 10.0 ** (level_dbfs / 20.0) * sine
    steps = 2.0 ** (bits - 1)
    rounded: Block = np.rint(sound * steps) / steps + 0.0
    return rounded
