"""Tones that belong to leaders, not to films: a sync pop of one or two frames, a line-up tone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.meters._content import FRAMES_PER_SECOND, Content

VERSION = 2
_TONE_HZ, _TOLERANCE_HZ = 1000.0, 14.0
_LOUD_DB, _QUIET_DB = -50.0, -60.0
_POP_SHARE, _POP_FRAMES, _POP_S = 0.5, 6, 1 / 24
_FRAME_MIDDLE = 1.0  # a frame of the scan is two hops long
_LINE_UP_SHARE, _LINE_UP_FRAMES = 0.9, 12
_REACH_S = 12.0


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone of 1 kHz: a pop or a line-up tone, where, and how loud."""

    is_pop: bool
    start_s: float
    end_s: float
    level_dbfs: float
    at_head: bool


@dataclass(frozen=True, slots=True)
class Tones:
    """All leader tones within 12 s of the ends."""

    tones: tuple[Tone, ...] = ()


RESULT = Tones


def read_content(content: Content) -> Tones:
    """Return the leader tones."""
    share, levels = content.peak_share, content.levels_db
    at_pitch = (np.abs(content.peak_hz - _TONE_HZ) <= _TOLERANCE_HZ) & (levels > _LOUD_DB) & (share > _POP_SHARE)
    reach, count = round(_REACH_S * FRAMES_PER_SECOND), len(levels)
    found = []
    for first, last in _runs(at_pitch):
        if reach < first and last < count - reach:
            continue
        is_pop = last - first < _POP_FRAMES and _is_alone(levels, first, last)
        is_line_up = last - first >= _LINE_UP_FRAMES and float(np.median(share[first:last])) > _LINE_UP_SHARE
        if is_pop or is_line_up:
            start, end = _pop_span(levels, first, last) if is_pop else _span(first, last)
            found.append(Tone(is_pop, start, end, float(levels[first:last].max()), first <= count / 2))
    return Tones(tuple(found))


def _span(first: int, last: int) -> tuple[float, float]:
    return first / FRAMES_PER_SECOND, (last + 1) / FRAMES_PER_SECOND


def _pop_span(levels: NDArray[np.floating], first: int, last: int) -> tuple[float, float]:
    """Return where a pop that stands alone begins and ends, by the balance of the frames that hear it."""
    heard = np.arange(max(0, first - 2), min(len(levels), last + 2))
    power = 10.0 ** (levels[heard].astype(np.float64) / 10.0)
    middle = float(np.sum(power * (heard + _FRAME_MIDDLE)) / np.sum(power)) / FRAMES_PER_SECOND
    return max(0.0, middle - _POP_S / 2.0), middle + _POP_S / 2.0


def _runs(there: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _is_alone(levels: NDArray[np.floating], first: int, last: int) -> bool:
    """Tell whether half a second before and behind is as good as silent."""
    wide = round(0.5 * FRAMES_PER_SECOND)
    around = np.concatenate([levels[max(0, first - wide) : max(0, first - 2)], levels[last + 2 : last + wide]])
    return bool(len(around) > wide / 2 and around.max() < _QUIET_DB)
