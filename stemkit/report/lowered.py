"""Gain that limiter and ducking took away over the film, drawn from above."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stemkit.report.curves import decode
from stemkit.report.model import Report
from stemkit.report.words import number

_COLUMNS = 1000
_PIXELS_PER_DB = {"limiter": 6.0, "duck": 1.2}
_MOST_PIXELS = {"limiter": 84.0, "duck": 23.0}
_LANES = {"limiter": ("FULL",), "duck": ("SFX", "MUSIC")}


@dataclass(frozen=True, slots=True)
class Lowered:
    """One stroke a column, in ``0..1000`` of the width and pixels from above; ``deepest`` in dB."""

    kind: str
    lanes: tuple[str, ...]
    path: str
    deepest: str


def build_lowered(report: Report) -> Iterator[Lowered]:
    """Yield what was turned down, once for each kind; nothing where it had nothing to do."""
    duration = report["film"]["duration_s"]
    for kind, lanes in _LANES.items():
        curve = (report.get(kind) or {}).get("curve")
        if not curve or not duration:
            continue
        levels = -decode(curve)
        if not len(levels) or not np.nanmax(levels) > 0.0:
            continue
        edges = np.linspace(0, len(levels), min(_COLUMNS, len(levels)) + 1).astype(np.int64)[:-1]
        depths = np.fmax.reduceat(levels, edges)
        places = edges * (curve["step_s"] / duration * 1000.0)
        drops = np.minimum(depths * _PIXELS_PER_DB[kind], _MOST_PIXELS[kind])
        strokes = zip(places.tolist(), drops.tolist(), strict=True)
        path = "".join(f"M{x:.1f} 0V{drop:.1f}" for x, drop in strokes if drop > 0.0)
        yield Lowered(kind, lanes, path, number(float(np.nanmax(levels))))
