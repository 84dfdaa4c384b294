"""Dropouts: a few milliseconds of exact zeros with cut edges, inside sound.

Silence between lines and cues is normal: it begins and ends softly, or is long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import Content

VERSION = 1
_LEAST_LEVEL = 0.001
_LEAST_EDGE = 0.25
_LARGEST_STEP_DB = 21.0
_LONGEST_S = 0.15
_MOST_PER_MINUTE = 60.0


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
    if not len(gaps) or content.gap_count / minutes > 20 * _MOST_PER_MINUTE:
        return Dropouts()
    before, behind = gaps[:, 3], gaps[:, 4]
    level = np.minimum(before, behind)
    edges = np.minimum(gaps[:, 5] / np.maximum(before, 1e-9), gaps[:, 6] / np.maximum(behind, 1e-9))
    step = np.abs(20.0 * np.log10(np.maximum(before, 1e-9) / np.maximum(behind, 1e-9)))
    is_hole = (level > _LEAST_LEVEL) & (edges > _LEAST_EDGE) & (step < _LARGEST_STEP_DB)
    is_hole &= gaps[:, 2] <= _LONGEST_S * content.sample_rate_hz
    holes = gaps[is_hole]
    if not len(holes) or len(holes) / minutes > _MOST_PER_MINUTE * content.channels:
        return Dropouts()
    found: dict[int, int] = {}
    for start, length in sorted((int(row[1]), int(row[2])) for row in holes):
        last = max(found, default=None)
        if last is None or start > last + found[last]:
            found[start] = length
    return Dropouts(tuple(found), tuple(found.values()), float(20.0 * np.log10(level[is_hole].max())))
