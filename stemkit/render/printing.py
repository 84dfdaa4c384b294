"""What goes out of the loop of the buses: prints that are metered, and prints that are written."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block, Stream
from stemkit.core.errors import Problem, RenderError, SumOverflow
from stemkit.core.layout import Layout
from stemkit.core.timebase import Span
from stemkit.dsp.limiter import LinkedLimiter
from stemkit.dsp.limiter_activity import Activity
from stemkit.dsp.quantise import DitherKey
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Grid, LimiterStage, Work, drive, gained, touched_of, track
from stemkit.render.print_files import PrintTarget
from stemkit.render.track import Touched


class PeakHold:
    """A sink that keeps the largest absolute sample of each 100 ms, which costs next to nothing."""

    def __init__(self, rate_hz: int) -> None:
        self._window = rate_hz // 10
        self._position = 0
        self._found: list[float] = []

    def push(self, block: Block) -> None:
        """Take the next samples."""
        window, done = self._window, 0
        while done < len(block):
            at = self._position % window
            part = block[done : done + window - at]
            largest = max(float(part.max()), -float(part.min()))
            if at:
                self._found[-1] = max(self._found[-1], largest)
            else:
                self._found.append(largest)
            done += len(part)
            self._position += len(part)

    def curve(self) -> NDArray[np.float64]:
        """Return the largest sample of each 100 ms so far."""
        return np.array(self._found)


def scan_sums(
    timeline: Timeline, rows: Sequence[PrintRow], layout: Layout, work: Work, metered: Collection[str] | None = None
) -> tuple[dict[str, Ledger], dict[str, NDArray[np.float64]]]:
    """Meter prints at unity gain, in float64, without writing anything.

    Parameters
    ----------
    metered
        Names of the prints to meter in full; all by default.

    Returns
    -------
    tuple
        The ledgers of those that were metered, and the largest absolute samples of the others, each 100 ms.
    """
    chosen = {row.name for row in rows} if metered is None else set(metered)
    scanners = {row.name: Scanner(timeline.sample_rate_hz, layout.count, layout) for row in rows if row.name in chosen}
    holds = {row.name: PeakHold(timeline.sample_rate_hz) for row in rows if row.name not in chosen}
    streams = {role: track(timeline, role, layout.count, work) for role in roles_needed(rows)}
    drive(streams, rows, {**scanners, **holds}, work)
    ledgers = {name: scanner.result() for name, scanner in scanners.items()}
    return ledgers, {name: hold.curve() for name, hold in holds.items()}


def write_prints(
    timeline: Timeline,
    rows: Sequence[PrintRow],
    targets: Mapping[str, PrintTarget],
    gain_db: float,
    work: Work,
    ceiling_dbtp: float | None = None,
    span: Span | None = None,
) -> Activity:
    """Render every print into its files.

    Parameters
    ----------
    targets
        For each print its files; one word length for all.
    gain_db
        The programme trim, equal on all buses.
    ceiling_dbtp
        Of the limiter that all prints share; `None` for none.
    span
        The stretch of film to render, all of it by default; the files may hold less.

    Returns
    -------
    Activity
        What the limiter did.

    Raises
    ------
    SumOverflow
        If a print would exceed full scale; nothing is ever clipped.
    """
    streams, grids = {}, {}
    form, start = next(iter(targets.values())), span.start if span else 0
    for role in roles_needed(rows):
        bus = track(timeline, role, form.channels, work, span)
        grids[role] = Grid(DitherKey(role.value), form.bits, touched_of(timeline, role, form.bits), gain_db != 0.0)
        streams[role] = gained(bus, gain_db)
    activity = Activity(timeline.sample_rate_hz, timeline.length_samples)
    if ceiling_dbtp is None:
        streams = {role: grids[role].of_stream(stream, start) for role, stream in streams.items()}
        stage = None
    else:
        prints = [row.roles for row in rows]
        limiter = LinkedLimiter(prints, form.channels, timeline.sample_rate_hz, ceiling_dbtp, start)
        stage = LimiterStage(limiter, (activity,), grids)
    with contextlib.ExitStack() as stack:
        writers = {row.name: stack.enter_context(targets[row.name].open(start)) for row in rows}
        drive(streams, rows, writers, work, stage)
        for writer in writers.values():
            writer.close()
    return activity


def write_apart(
    timeline: Timeline, row: PrintRow, target: PrintTarget, gain_db: float, work: Work, span: Span | None = None
) -> None:
    """Render a print that is no part of the mix: its roles before ducking and limiter, rounded on their own.

    Raises
    ------
    RenderError
        If it would exceed full scale; nothing is ever clipped.
    """
    plain, start = replace(timeline, duck=None), span.start if span else 0
    lines = [line for role in row.roles for line in timeline.lines.get(role, ())]
    grid = Grid(DitherKey(row.name), target.bits, Touched(lines, target.bits), gain_db != 0.0)
    tracks = [track(plain, role, target.channels, work, span) for role in row.roles]
    with contextlib.ExitStack() as stack:
        writer = stack.enter_context(target.open(start))
        for stream in tracks:
            stack.callback(_close, stream)
        try:
            for bus in grid.of_stream(gained(_added(tracks), gain_db), start):
                writer.push(bus)
                if work.on_samples is not None:
                    work.on_samples(len(bus))
        except SumOverflow as error:
            hint = 'print it as it is in the mix (me = "follow"), or turn the loudest place of effects or music down'
            message = f"the undipped {row.name} would exceed full scale: {error.problems[0].message}"
            raise RenderError(Problem("over_full_scale", message, hint)) from error
        writer.close()


def _added(tracks: Sequence[Stream]) -> Stream:
    for first, *others in zip(*tracks, strict=True):
        for other in others:
            np.add(first, other, out=first)
        yield first


def _close(stream: Stream) -> None:
    if close := getattr(stream, "close", None):
        close()
