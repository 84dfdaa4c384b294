"""The loop behind the prints: tracks become buses, buses pass their stages, prints are sums of them.

After a bus has been brought onto the grid of the print there is only addition of integers, which
float64 does exactly: that is why the stems null against the mix in the files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import BLOCK_SAMPLES, Block, Stream
from stemkit.core.film import Role
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.limiter import Limited, LinkedLimiter, Roles, sum_of
from stemkit.dsp.quantise import DitherKey, quantise_block
from stemkit.dsp.streams import Sink
from stemkit.plan.ducking import DUCKED, Duck
from stemkit.plan.routing import PrintRow
from stemkit.plan.timeline import Timeline
from stemkit.render.memory import Memory
from stemkit.render.track import Touched, role_blocks

T = TypeVar("T")
Told = Callable[[int], None]


class Watcher(Protocol):
    """Sees what comes out of the limiter."""

    def push(self, limited: Limited, /) -> None:
        """Take the next block."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the loop runs, and what is known already; the prints are the same whatever it says."""

    jobs: int = 1
    block_samples: int = BLOCK_SAMPLES
    on_samples: Told | None = None
    memory: Memory | None = None


def track(timeline: Timeline, role: Role, channels: int, work: Work, span: Span | None = None) -> Stream:
    """Return the bus of a role before any gain of the film, for all of it or a span: ducked, where that is asked."""
    start, end = (0, timeline.length_samples) if span is None else (span.start, span.end)
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


class LimiterStage:
    """Stands between buses and prints: one gain for all of them, then, for prints that are written, the rounding.

    Parameters
    ----------
    seen_by
        What is shown every block that comes out of the limiter, before it is rounded.
    """

    def __init__(
        self, limiter: LinkedLimiter, seen_by: Sequence[Watcher], grids: Mapping[Role, Grid] | None = None
    ) -> None:
        self._limiter, self._seen_by, self._grids = limiter, seen_by, grids

    def take(self, buses: Mapping[Role, Block] | None, pool: ThreadPoolExecutor) -> Mapping[Role, Block]:
        """Take the next buses, `None` at the end, and return what is known by now."""

        def each(do: Callable[[Roles], T], prints: Sequence[Roles]) -> Sequence[T]:
            return list(pool.map(do, prints))

        limited = self._limiter.finish(each) if buses is None else self._limiter.push(buses, each)
        for watcher in self._seen_by:
            watcher.push(limited)
        grids = self._grids
        if grids is None:
            return limited.buses
        rounded = pool.map(
            lambda role: grids[role].of_block(limited.buses[role], limited.start, limited.gain), limited.buses
        )
        return dict(zip(limited.buses, rounded, strict=True))


def drive(
    streams: Mapping[Role, Stream],
    rows: Sequence[PrintRow],
    sinks: Mapping[str, Sink],
    work: Work,
    stage: LimiterStage | None = None,
) -> None:
    """Pull the buses and push the prints, a block at a time; the next buses are made while this one is taken."""
    with contextlib.ExitStack() as stack:
        for stream in streams.values():
            stack.callback(_close, stream)
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=max(1, work.jobs)))
        stack.callback(pool.shutdown, cancel_futures=True)
        for buses in _ahead(streams, pool):
            _push_all(stage.take(buses, pool) if stage else buses, rows, sinks, pool)
            if work.on_samples is not None and buses:
                work.on_samples(len(next(iter(buses.values()))))
        if stage is not None:
            _push_all(stage.take(None, pool), rows, sinks, pool)


def _push_all(
    buses: Mapping[Role, Block], rows: Sequence[PrintRow], sinks: Mapping[str, Sink], pool: ThreadPoolExecutor
) -> None:
    taken = [pool.submit(_push, sinks[row.name], row, buses) for row in rows if row.name in sinks]
    for future in taken:
        future.result()


def _ahead(streams: Mapping[Role, Stream], pool: ThreadPoolExecutor) -> Iterator[dict[Role, Block]]:
    def start() -> dict[Role, Future[Block | None]]:
        return {role: pool.submit(next, stream, None) for role, stream in streams.items()}

    pending = start()
    while pending:
        buses = {role: block for role, future in pending.items() if (block := future.result()) is not None}
        if len(buses) < len(pending):
            return
        pending = start()
        yield buses


def _push(sink: Sink, row: PrintRow, buses: Mapping[Role, Block]) -> None:
    sink.push(sum_of(buses, row.roles))


def _close(stream: Stream) -> None:
    if close := getattr(stream, "close", None):
        close()
