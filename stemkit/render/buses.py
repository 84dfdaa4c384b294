"""The buses of a film before and after their gain, and the grid of the prints onto which they are brought."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import BLOCK_SAMPLES, Block, Stream
from stemkit.core.film import Role
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.quantise import DitherKey, quantise_block
from stemkit.plan.ducking import DUCKED, Duck
from stemkit.plan.timeline import Timeline
from stemkit.render.memory import Memory
from stemkit.render.track import Touched, read_within, role_blocks

Told = Callable[[int], None]
Ready = Callable[[Iterable[Path]], None]
"""Is told which files will be read next, and returns when they are there."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the loop runs, and what is known already; the prints are the same whatever it says."""

    jobs: int = 1
    block_samples: int = BLOCK_SAMPLES
    on_samples: Told | None = None
    memory: Memory | None = None
    ready: Ready | None = None


def track(timeline: Timeline, role: Role, channels: int, work: Work, span: Span | None = None) -> Stream:
    """Return the bus of a role before any gain of the film, for all of it or a span: ducked, where that is asked."""
    start, end = (0, timeline.length_samples) if span is None else (span.start, span.end)
    if work.ready is not None:
        work.ready(read_within(timeline.lines.get(role, ()), Span(start, end)))
    bus = role_blocks(timeline.lines.get(role, ()), end, channels, work.block_samples, start)
    return _ducked(bus, timeline.duck, start) if timeline.duck is not None and role in DUCKED else bus


def touched_of(timeline: Timeline, role: Role, bits: int) -> Touched:
    """Return which samples of a bus are not on the grid of a print as they are."""
    dips = timeline.duck.dips if timeline.duck is not None and role in DUCKED else ()
    return Touched(timeline.lines.get(role, ()), bits, [dip.span for dip in dips])


def _ducked(stream: Stream, duck: Duck, start: int) -> Stream:
    """Turn down blocks that are made for us alone."""
    for bus in stream:
        gains = duck.gains(Span(start, start + len(bus)))
        if gains is not None:
            np.multiply(bus, gains[:, np.newaxis], out=bus)
        start += len(bus)
        yield bus


def gained(stream: Stream, gain_db: float) -> Stream:
    """Apply a constant gain to blocks that are made for us alone."""
    if gain_db == 0.0:
        return stream
    return _times(stream, amplitude_from_db(gain_db))


def _times(stream: Stream, gain: float) -> Stream:
    for bus in stream:
        np.multiply(bus, gain, out=bus)
        yield bus


@dataclass(frozen=True, slots=True)
class Grid:
    """Brings a bus onto the grid of the prints."""

    key: DitherKey
    bits: int
    touched: Touched
    all_touched: bool

    def of_stream(self, stream: Stream, start: int = 0) -> Stream:
        """Round block by block, from a sample of the film."""
        position = start
        for bus in stream:
            yield self.of_block(bus, position)
            position += len(bus)

    def of_block(self, bus: Block, position: int, gain: NDArray[np.float64] | None = None) -> Block:
        """Round a block; where a limiter was at work everything is touched."""
        touched = True if self.all_touched else self.touched.within(Span(position, position + len(bus)))
        if gain is not None and touched is not True:
            touched = (gain < 1.0) | touched
        return quantise_block(bus, self.bits, self.key, position, touched)
