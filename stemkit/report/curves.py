"""Curves over the film as compact text: tenths of a LU, as differences, deflated."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ENCODING = "zlib(int16 little-endian differences, modulo 65536), base64"
STEP_S = 0.1
MOMENTARY_S, SHORT_TERM_S = 0.4, 3.0
_UNDEFINED = -32768
_UNITS_PER_LU = 10.0


def encode(values: Iterable[float | None], window_s: float, step_s: float = STEP_S) -> dict[str, Any]:
    """Return a curve as JSON data; values that are `None` or not finite become undefined.

    Parameters
    ----------
    values
        Levels in LUFS; entry ``i`` is that of the window of ``window_s`` which starts ``i * step_s`` after the
        film does.
    """
    levels = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    units = np.full(len(levels), _UNDEFINED, dtype=np.int16)
    good = np.isfinite(levels)
    units[good] = np.clip(np.round(levels[good] * _UNITS_PER_LU), -32767, 32767).astype(np.int16)
    wide = np.concatenate([np.zeros(1, np.int64), units.astype(np.int64)])
    packed = zlib.compress(((wide[1:] - wide[:-1]) & 0xFFFF).astype("<u2").tobytes(), 9)
    return {
        "window_s": window_s,
        "step_s": step_s,
        "unit": "LUFS",
        "units_per_lu": _UNITS_PER_LU,
        "undefined": _UNDEFINED,
        "points": len(units),
        "encoding": ENCODING,
        "data": base64.b64encode(packed).decode("ascii"),
    }


def decode(curve: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the levels of a curve in LUFS, NaN where undefined: the inverse of `encode` to 0.05 LU."""
    packed = zlib.decompress(base64.b64decode(curve["data"]))
    units = np.cumsum(np.frombuffer(packed, dtype="<u2").astype(np.int64)) & 0xFFFF
    signed = np.where(units >= 0x8000, units - 0x10000, units)
    levels = signed / float(curve["units_per_lu"])
    return np.where(signed == curve["undefined"], math.nan, levels)


def cut(curve: Mapping[str, Any], start_s: float, end_s: float) -> dict[str, Any]:
    """Return a stretch of a curve as a curve of its own: the windows that lie in it whole."""
    levels, step, window = decode(curve), curve["step_s"], curve["window_s"]
    first, last = round(start_s / step), max(0, round((end_s - window) / step) + 1)
    kept = (None if math.isnan(level) else level for level in levels[first : max(first, last)].tolist())
    return {**encode(kept, window, step), "unit": curve["unit"]}
