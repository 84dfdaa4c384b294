"""The buses of a film after the linked limiter, in chunks that do not wait for one another.

A limiter remembers no more than the last seconds (`stemkit.dsp.limiter`), and away from what it works on it does
nothing. So only the surroundings of its work are rendered with it, cut into chunks that each begin early enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import BLOCK_SAMPLES
from stemkit.core.film import Role
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.limiter import RUN_IN_S, Limited, LinkedLimiter
from stemkit.dsp.limiter_activity import WINDOWS_PER_SECOND
from stemkit.plan.timeline import Timeline
from stemkit.render.console import Console, gained

_CHUNK_S = 8
_AFTER_S = 0.1
Windows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of film that is limited on its own; from ``start`` on it is rendered."""

    span: Span
    start: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What a limiter is set to: the gain before it, and its ceiling; ``prints`` are the roles of each print."""

    prints: Sequence[Sequence[Role]]
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
    after = round(_AFTER_S * timeline.sample_rate_hz)
    return Span(chunk.start, min(timeline.length_samples, chunk.span.end + after))


def limited(console: Console, setting: Setting, chunk: Chunk, lead_s: float = 0.0) -> Iterator[Limited]:
    """Yield what comes out of the limiter in a chunk, and for ``lead_s`` before it if it was rendered so early."""
    timeline = console.timeline
    rate_hz = timeline.sample_rate_hz
    limiter = LinkedLimiter(setting.prints, console.channels, rate_hz, setting.ceiling_dbtp, chunk.start)
    wanted = Span(max(chunk.start, chunk.span.start - round(lead_s * rate_hz)), chunk.span.end)
    end = reach_of(chunk, timeline).end
    gain = amplitude_from_db(setting.gain_db)
    for at in range(chunk.start, end, BLOCK_SAMPLES):
        buses = gained(console.buses(Span(at, min(at + BLOCK_SAMPLES, end))), gain)
        yield from _inside(limiter.push(buses), wanted)
    yield from _inside(limiter.finish(), wanted)


def _inside(found: Limited, wanted: Span) -> Iterator[Limited]:
    length = len(next(iter(found.buses.values())))
    here = Span(found.start, found.start + length)
    if (part := wanted.overlap(here)) is None:
        return
    if part == here:
        yield found
        return
    cut = slice(part.start - here.start, part.end - here.start)
    gain = None if found.gain is None else found.gain[cut]
    yield Limited(part.start, {role: bus[cut] for role, bus in found.buses.items()}, gain)
