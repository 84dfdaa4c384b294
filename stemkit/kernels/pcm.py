"""Packed 24-bit samples added to sums, and sums packed again: what prints are mostly made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels._object_code import ObjectKernel

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

_BODY = "stemkit.kernels._pcm_body"
_add_24 = ObjectKernel(_BODY, "add_24", "B1 d0 d1")
_pack_24 = ObjectKernel(_BODY, "pack_24", "d1 B1")


def add_24(raw: Bytes, gain: float, total: Floats) -> None:
    """Add packed samples, times a gain, to a sum.

    Parameters
    ----------
    raw
        Three bytes for each value, little-endian.
    total
        One-dimensional, float64, full scale ±1.0.
    """
    _add_24(raw, gain, total)


def pack_24(values: Floats, raw: Bytes) -> bool:
    """Write values as packed samples; return whether all of them are on the grid and fit.

    Parameters
    ----------
    values
        One-dimensional, float64, full scale ±1.0.
    raw
        Three bytes for each value; of no use where the answer is no.
    """
    return bool(_pack_24(values, raw))
