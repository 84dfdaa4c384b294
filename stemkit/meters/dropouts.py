"""Dropouts: a few milliseconds of zeros, exact or dithered to 24 bits, with cut edges, inside sound.

Silence between lines and cues is normal: it begins and ends softly, or is long. A noise gate cuts hard,
but only where the sound is far below what stands around it; notes of synthesisers may begin with some zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import FRAMES_PER_SECOND, Content
from stemkit.meters._sketch import SILENT_DB

VERSION = 3
_LEAST_LEVEL = 0.001
_LEAST_EDGE, _LEAST_STEP = 0.06, 0.3
_MOST_BELOW_DB, _AROUND_S = 20.0, 0.75
_LARGEST_STEP_DB = 21.0
_SHORTEST_S, _LONGEST_S = 0.001, 0.15
_MOST_PER_MINUTE = 24.0


@dataclass(frozen=True, slots=True)
class Dropouts:
    """Holes in the sound.

    Parameters
    ----------
    starts, lengths
        In samples, in order of time; a hole in several channels counts once.
    depth_db
        Level of the sound around the worst one, in dBFS (RMS).
    """

    starts: tuple[int, ...] = ()
    lengths: tuple[int, ...] = ()
    depth_db: float | None = None


RESULT = Dropouts


def read_content(content: Content) -> Dropouts:
    """Return the holes in the sound."""
    gaps = content.gaps
    minutes = max(content.length_samples / content.sample_rate_hz / 60.0, 1.0 / 60.0)
    if not len(gaps) or content.gap_count / minutes > 50 * _MOST_PER_MINUTE:
        return Dropouts()
    before, behind = gaps[:, 3], gaps[:, 4]
    level = np.minimum(before, behind)
    edges = gaps[:, 5:7] / np.maximum(gaps[:, 3:5], 1e-9)
    step = np.abs(20.0 * np.log10(np.maximum(before, 1e-9) / np.maximum(behind, 1e-9)))
    # A cut meets a wave at any height: near zero on one side, seldom on both.
    is_hole = (edges.min(axis=1) > _LEAST_EDGE) & (edges.max(axis=1) > _LEAST_STEP) & (step < _LARGEST_STEP_DB)
    is_hole &= (gaps[:, 2] >= _SHORTEST_S * content.sample_rate_hz) & (
        gaps[:, 2] <= _LONGEST_S * content.sample_rate_hz
    )
    around = np.array([_loudest_around(content, row[1] / content.sample_rate_hz) for row in gaps])
    is_hole &= level > np.maximum(_LEAST_LEVEL, 10.0 ** ((around - _MOST_BELOW_DB) / 20.0))
    holes = gaps[is_hole]
    if not len(holes) or len(holes) / minutes > _MOST_PER_MINUTE * content.channels:
        return Dropouts()
    found: dict[int, int] = {}
    for start, length in sorted((int(row[1]), int(row[2])) for row in holes):
        last = max(found, default=None)
        if last is None or start > last + found[last]:
            found[start] = length
    return Dropouts(tuple(found), tuple(found.values()), float(20.0 * np.log10(level[is_hole].max())))


def _loudest_around(content: Content, at_s: float) -> float:
    first, last = (round((at_s + reach) * FRAMES_PER_SECOND) for reach in (-_AROUND_S, _AROUND_S))
    return float(content.levels_db[max(0, first) : last + 1].max(initial=SILENT_DB))
