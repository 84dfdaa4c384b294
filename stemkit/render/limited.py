"""What the linked limiter does to a film, in chunks that do not wait for one another.

A limiter remembers no more than the last seconds (`stemkit.dsp.limiter`), and away from what it works on it does
nothing. So only the surroundings of its work are rendered with it, cut into chunks that each begin early enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.limiter import LOOK_AHEAD_S, RUN_IN_S, Limiter
from stemkit.dsp.limiter_activity import WINDOWS_PER_SECOND
from stemkit.plan.routing import PrintRow
from stemkit.plan.timeline import Timeline
from stemkit.render.console import Console

_CHUNK_S = 6
Floats = NDArray[np.float64]
Windows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of film that is limited on its own; from ``start`` on it is rendered."""

    span: Span
    start: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What a limiter is set to: the gain before it, and its ceiling."""

    gain_db: float
    ceiling_dbtp: float


def surroundings(windows: Windows, rate_hz: int, length: int, before_s: float, after_s: float) -> list[Span]:
    """Return the spans of film around some windows of 100 ms, on the grid of the windows, in order.

    Parameters
    ----------
    before_s, after_s
        How much of what is around each window belongs to it.
    """
    window = rate_hz // WINDOWS_PER_SECOND
    lead, tail = round(before_s * WINDOWS_PER_SECOND), round(after_s * WINDOWS_PER_SECOND)
    spans: list[Span] = []
    for at in np.flatnonzero(windows).tolist():
        start, end = max(0, at - lead) * window, min((at + 1 + tail) * window, length)
        if spans and start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, end)
        elif start < end:
            spans.append(Span(start, end))
    return spans


def chunks(spans: Sequence[Span], rate_hz: int, lead_s: float = 0.0) -> Iterator[Chunk]:
    """Cut spans, outside of which nothing is limited, into chunks.

    Parameters
    ----------
    lead_s
        By how much more each is rendered beforehand, for those who need what comes before as it is.
    """
    step, early = _CHUNK_S * rate_hz, RUN_IN_S * rate_hz + round(lead_s * rate_hz)
    for span in spans:
        for at in range(span.start, span.end, step):
            yield Chunk(Span(at, min(at + step, span.end)), max(span.start, at - early))


def reach_of(chunk: Chunk, timeline: Timeline) -> Span:
    """Return what is read for a chunk: the limiter looks ahead."""
    after = round(LOOK_AHEAD_S * timeline.sample_rate_hz)
    return Span(chunk.start, min(timeline.length_samples, chunk.span.end + after))


def gain_and_prints(
    console: Console, rows: Sequence[PrintRow], setting: Setting, chunk: Chunk
) -> tuple[Floats | None, Floats]:
    """Return the limiter's gain from a chunk's ``start`` to its end, and the prints there before any gain.

    Returns
    -------
    tuple
        The gain is `None` where it is 1.0 throughout; the prints have the shape ``(prints, samples, channels)``.
    """
    limiter = Limiter(console.timeline.sample_rate_hz, setting.ceiling_dbtp)
    prints = console.sums(rows, reach_of(chunk, console.timeline))
    gain, length = limiter.gain(list(prints), amplitude_from_db(setting.gain_db)), chunk.span.end - chunk.start
    return None if gain is None else gain[:length], prints[:, :length]


def gain_within(console: Console, rows: Sequence[PrintRow], setting: Setting, chunk: Chunk) -> Floats | None:
    """Return the limiter's gain for a chunk, `None` where it is 1.0 throughout."""
    gain, _ = gain_and_prints(console, rows, setting, chunk)
    return part_within(gain, chunk)


def part_within(gain: Floats | None, chunk: Chunk) -> Floats | None:
    """Return what of a gain belongs to a chunk itself."""
    if gain is None:
        return None
    inside = gain[chunk.span.start - chunk.start :]
    return inside if (inside < 1.0).any() else None
