"""Constant gain, and gain by absolute sample position."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Stream
from stemkit.core.units import amplitude_from_db

Envelope = Callable[[int, int], NDArray[np.float64]]
"""Linear gains, shape ``(end - start,)``, of the absolute positions ``start`` to ``end``."""


def apply_gain(stream: Stream, gain_db: float) -> Stream:
    """Multiply a stream by one constant gain in dB; 0 dB passes every bit."""
    if gain_db == 0.0:
        yield from stream
        return
    gain = amplitude_from_db(gain_db)
    for block in stream:
        yield block * gain


def apply_envelope(stream: Stream, envelope: Envelope, start_sample: int = 0) -> Stream:
    """Multiply a stream whose first sample is at ``start_sample`` by a gain that moves."""
    position = start_sample
    for block in stream:
        yield block * envelope(position, position + len(block))[:, np.newaxis]
        position += len(block)
