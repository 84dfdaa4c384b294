"""The loop that makes the prints: tracks, buses, one gain, one rounding, sums, sinks.

After a bus has been brought onto the grid of the print there is only addition of integers, which
float64 does exactly: that is why the stems null against the mix in the files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.block import BLOCK_SAMPLES, Block, Stream
from stemkit.core.film import Role
from stemkit.core.layout import Layout
from stemkit.core.media import Bext
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.quantise import DitherKey, quantise_block
from stemkit.dsp.streams import Sink
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.track import Touched, role_blocks

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Work:
    """How the loop runs; the prints are the same whatever it says."""

    jobs: int = 1
    block_samples: int = BLOCK_SAMPLES
    on_samples: Told | None = None


@dataclass(slots=True)
class PeakHold:
    """A sink that keeps the largest absolute sample, which costs next to nothing."""

    max_amplitude: float = 0.0

    def push(self, block: Block) -> None:
        """Take the next samples."""
        largest = max(float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
        self.max_amplitude = max(self.max_amplitude, largest)


def scan_sums(
    timeline: Timeline, rows: Sequence[PrintRow], layout: Layout, work: Work, metered: Collection[str] | None = None
) -> tuple[dict[str, Ledger], dict[str, float]]:
    """Meter prints at unity gain, in float64, without writing anything.

    Parameters
    ----------
    metered
        Names of the prints to meter in full; all by default.

    Returns
    -------
    tuple
        The ledgers of those that were metered, and the largest absolute sample of each of the others.
    """
    chosen = {row.name for row in rows} if metered is None else set(metered)
    scanners = {row.name: Scanner(timeline.sample_rate_hz, layout.count, layout) for row in rows if row.name in chosen}
    holds = {row.name: PeakHold() for row in rows if row.name not in chosen}
    streams = {role: _track(timeline, role, layout.count, work) for role in roles_needed(rows)}
    _drive(streams, rows, {**scanners, **holds}, work)
    ledgers = {name: scanner.result() for name, scanner in scanners.items()}
    return ledgers, {name: hold.max_amplitude for name, hold in holds.items()}


def write_prints(
    timeline: Timeline,
    rows: Sequence[PrintRow],
    formats: Mapping[str, tuple[Path, WriteFormat, Bext | None]],
    gain_db: float,
    work: Work,
) -> None:
    """Render every print into its file.

    Parameters
    ----------
    formats
        For each print its (temporary) path, format and Broadcast Wave fields; one word length for all.
    gain_db
        The programme trim, equal on all buses.

    Raises
    ------
    SumOverflow
        If a print would exceed full scale; nothing is ever clipped.
    """
    streams = {}
    for role in roles_needed(rows):
        fmt = next(formats[row.name][1] for row in rows if role in row.roles)
        track = _track(timeline, role, fmt.layout.count, work)
        touched = Touched(timeline.lines.get(role, ()), bits_of(fmt))
        streams[role] = _on_grid(track, role, gain_db, bits_of(fmt), touched)
    with contextlib.ExitStack() as stack:
        writers = {row.name: stack.enter_context(_open_writer(*formats[row.name])) for row in rows}
        _drive(streams, rows, writers, work)
        for writer in writers.values():
            writer.close()


def bits_of(fmt: WriteFormat) -> int:
    """Return the word length of a print; a float print holds the 24-bit grid."""
    return 16 if fmt.subtype == "PCM_16" else 24


def _open_writer(path: Path, fmt: WriteFormat, bext: Bext | None) -> PrintWriter:
    return PrintWriter(path, fmt, bext=bext)


def _track(timeline: Timeline, role: Role, channels: int, work: Work) -> Stream:
    return role_blocks(timeline.lines.get(role, ()), timeline.length_samples, channels, work.block_samples)


def _on_grid(stream: Stream, role: Role, gain_db: float, bits: int, touched: Touched) -> Stream:
    key, gain = DitherKey(role.value), amplitude_from_db(gain_db)
    position = 0
    for bus in stream:
        is_touched = touched.within(Span(position, position + len(bus))) if gain_db == 0.0 else True
        if gain_db:
            np.multiply(bus, gain, out=bus)  # a bus is made for us alone
        yield quantise_block(bus, bits, key, position, is_touched)
        position += len(bus)


def _drive(streams: Mapping[Role, Stream], rows: Sequence[PrintRow], sinks: Mapping[str, Sink], work: Work) -> None:
    """Pull the buses and push the prints, a block at a time; the next buses are made while this one is taken."""
    with contextlib.ExitStack() as stack:
        for stream in streams.values():
            stack.callback(_close, stream)
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=max(1, work.jobs)))
        stack.callback(pool.shutdown, cancel_futures=True)
        for buses in _ahead(streams, pool):
            taken = [pool.submit(_push, sinks[row.name], row, buses) for row in rows]
            for future in taken:
                future.result()
            if work.on_samples is not None and buses:
                work.on_samples(len(next(iter(buses.values()))))


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
    first, *others = row.roles
    total = buses[first]
    for role in others:
        total = total + buses[role]
    sink.push(total)


def _close(stream: Stream) -> None:
    if close := getattr(stream, "close", None):
        close()
