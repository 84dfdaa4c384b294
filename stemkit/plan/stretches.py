"""The film cut into stretches, and what each of them is made of: what has not changed need not be made again.

A stretch is a few seconds on a grid from the film's first sample. Its recipe is a digest of all that decides how
its buses sound, there and around it as far as limiter and meters reach: sounds by their content, places, fades,
trims, ducking. Pure data; no sound is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from stemkit.core.film import Role
from stemkit.core.timebase import Span
from stemkit.meters._gather import SEGMENT_S
from stemkit.meters._segments import lanes_for
from stemkit.plan.ducking import DUCKED
from stemkit.plan.timeline import Placement, Timeline

VERSION = 1
"""Raised when the same recipe gives other samples."""
_MOST_SEGMENTS = 8
_BEFORE_S, _AFTER_S = 4, 1

Sounds = Mapping[Path, str]
"""For each file of a timeline what identifies its sound, whatever the file is called."""


def segments_in_stretch(rate_hz: int, channels: int) -> int:
    """Return how many segments of the meters a stretch is long: fewer where there are many channels."""
    return min(_MOST_SEGMENTS, lanes_for(rate_hz, channels, 8))


def stretches(timeline: Timeline, channels: int) -> tuple[Span, ...]:
    """Return the stretches of a film; the last one may be shorter."""
    step = segments_in_stretch(timeline.sample_rate_hz, channels) * SEGMENT_S * timeline.sample_rate_hz
    length = timeline.length_samples
    return tuple(Span(start, min(start + step, length)) for start in range(0, length, step))


def recipes(timeline: Timeline, channels: int, roles: Iterable[Role], sounds: Sounds) -> tuple[str, ...]:
    """Return for each stretch what the buses of some roles are made of, as a digest.

    Raises
    ------
    KeyError
        If it is not known what a file holds.
    """
    rate_hz, wanted = timeline.sample_rate_hz, tuple(roles)
    found = []
    for span in stretches(timeline, channels):
        start, end = max(0, span.start - _BEFORE_S * rate_hz), span.end + _AFTER_S * rate_hz
        reach = Span(start, min(end, timeline.length_samples))
        made_of: list[Any] = [VERSION, rate_hz, channels, span.start, span.end, reach.end]
        made_of += [part for role in wanted for part in _parts(timeline, role, reach, sounds)]
        found.append(hashlib.blake2b(json.dumps(made_of).encode(), digest_size=12).hexdigest())
    return tuple(found)


def _parts(timeline: Timeline, role: Role, reach: Span, sounds: Sounds) -> Iterator[list[Any]]:
    for at, line in enumerate(timeline.lines.get(role, ())):
        for placement in line:
            if part := placement.span_in_film.overlap(reach):
                yield [role.value, at, *_part(placement, part, reach, sounds)]
    if timeline.duck is not None and role in DUCKED:
        dips = [astuple(dip) for dip in timeline.duck.dips if dip.span.overlap(reach)]
        yield [role.value, timeline.duck.settings.depth_db, dips]


def _part(placement: Placement, part: Span, reach: Span, sounds: Sounds) -> list[Any]:
    to_file = placement.span_in_file.start - placement.start_in_film
    fades = [
        None if fade is None or not fade.span.overlap(reach) else astuple(fade)
        for fade in (placement.fade_in, placement.fade_out)
    ]
    return [sounds[placement.source.path], part.start, part.end, to_file, placement.gain_db, fades]
