"""Repeated buffers: a few milliseconds that come twice in a row, but for their dither."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.meters._content import FRAMES_PER_SECOND, Content

VERSION = 2
_QUIET_DB = -55.0
_MOST_PER_MINUTE = 40.0


@dataclass(frozen=True, slots=True)
class Repeats:
    """Stretches that come again at once: where the copy begins, how long one is, and how often it comes again."""

    starts: tuple[int, ...] = ()
    lengths: tuple[int, ...] = ()
    times: tuple[int, ...] = ()


RESULT = Repeats


def read_content(content: Content) -> Repeats:
    """Return the repeats in audible sound; where there are very many, the sound is made of them."""
    minutes = max(content.length_samples / content.sample_rate_hz / 60.0, 0.5)
    rows = [(int(row[0]), int(row[1]), int(row[2])) for row in content.repeats if _is_audible(content, int(row[0]))]
    if not rows or len(rows) / minutes > _MOST_PER_MINUTE:
        return Repeats()
    starts, lengths, times = zip(*rows, strict=True)
    return Repeats(starts, lengths, times)


def _is_audible(content: Content, place: int) -> bool:
    frame = int(place / content.sample_rate_hz * FRAMES_PER_SECOND)
    return 0 <= frame < len(content.levels_db) and float(content.levels_db[frame]) > _QUIET_DB
