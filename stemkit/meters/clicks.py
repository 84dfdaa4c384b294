"""Clicks: a few samples that nothing around them explains. Few and certain.

A click bends the waveform, measured by its fourth difference, far more than anything within 6 ms on
both sides, and the sound goes on behind it where it was before: struck sounds ring on, cuts and
plosives step to another value, drawn waveforms (square, saw) bend again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import Content

VERSION = 1
_LEAST_RATIO = 20.0
_LEAST_BEND = 0.06
_LARGEST_STEP, _LEAST_CREST, _LARGEST_RISE = 0.5, 2.0, 3.0
_MOST_PER_MINUTE = 40.0
_EDGE_S, _GAP_S = 0.03, 0.02


@dataclass(frozen=True, slots=True)
class Clicks:
    """Where clicks are, in samples, and the height of the largest in full scale."""

    places: tuple[int, ...] = ()
    height: float = 0.0


RESULT = Clicks


def read_content(content: Content) -> Clicks:
    """Return the clicks."""
    rows, rate = content.clicks, content.sample_rate_hz
    minutes = max(content.length_samples / rate / 60.0, 0.5)
    if not len(rows) or content.click_count / minutes > 4 * _MOST_PER_MINUTE * content.channels:
        return Clicks()
    place, size, around = rows[:, 1], rows[:, 2], rows[:, 3]
    is_click = (size >= _LEAST_BEND) & (size >= _LEAST_RATIO * around)
    height, step, before, behind = rows[:, 4], rows[:, 5], rows[:, 6], rows[:, 7]
    is_click &= (step < _LARGEST_STEP * height) & (height > _LEAST_CREST * np.maximum(before, behind))
    is_click &= behind < _LARGEST_RISE * before + 0.1 * _LEAST_BEND
    is_click &= (place > _EDGE_S * rate) & (place < content.length_samples - _EDGE_S * rate)
    for gap in content.gaps:
        is_click &= (place < gap[1] - _GAP_S * rate) | (place > gap[1] + gap[2] + _GAP_S * rate)
    places: list[int] = []
    for at in sorted(place[is_click].tolist()):
        if not places or at - places[-1] > _GAP_S * rate:
            places.append(int(at))
    if not places or len(places) / minutes > _MOST_PER_MINUTE:
        return Clicks()
    return Clicks(tuple(places), float(np.max(size[is_click])) / 6.0)
