"""Kernels of the content scan, ready to be called; see `stemkit.kernels._content_body` for what they do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels._object_code import ObjectKernel
from stemkit.kernels._shape import DECIMATED

_BODY = "stemkit.kernels._content_body"
clean = ObjectKernel(_BODY, "clean", "d2a d2a")
mix_down = ObjectKernel(_BODY, "mix_down", "d2 d1 d1")
find_gaps = ObjectKernel(_BODY, "find_gaps", "d2 q0 q0 q0 q0 q0 d2")
bends = ObjectKernel(_BODY, "bends", "d1 q0 q0 q0 d1", unordered=True)
find_clicks = ObjectKernel(_BODY, "find_clicks", "d1 q0 d1 q0 q0 q0 q0 d0 d0 d2")
find_repeats = ObjectKernel(_BODY, "find_repeats", "d1 q0 q0 q0 q0 q1 d2")
_decimate = ObjectKernel(_BODY, "decimate", "d1 q0 q0 d1 d2 d1", unordered=True)


def decimate(
    x: NDArray[np.float64], start: int, factor: int, taps: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Filter and keep every ``factor``-th sample: ``out[m]`` is centred on ``x[start + m * factor]``."""
    _decimate(x, start, factor, taps, np.zeros((factor, DECIMATED + -(-len(taps) // factor))), out)
