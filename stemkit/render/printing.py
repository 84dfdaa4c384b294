"""What goes out of the loop of the buses: prints that are metered, and prints that are written."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Stream
from stemkit.core.errors import Problem, RenderError, SumOverflow
from stemkit.core.layout import Layout
from stemkit.core.timebase import Span
from stemkit.core.units import db_from_amplitude
from stemkit.dsp.limiter import RUN_IN_S, LinkedLimiter
from stemkit.dsp.limiter_activity import Activity
from stemkit.dsp.quantise import DitherKey
from stemkit.dsp.streams import Sink
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import LOWEST_DIRECT_RATE_HZ, Scanner
from stemkit.plan.levels import step_below
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Grid, LimiterStage, Work, drive, gained, touched_of, track
from stemkit.render.kept import Inside, Kept
from stemkit.render.peak_hold import PeakHold
from stemkit.render.print_files import PrintTarget
from stemkit.render.stretch_sums import recall_sums
from stemkit.render.track import Touched


def scan_sums(
    timeline: Timeline,
    rows: Sequence[PrintRow],
    layout: Layout,
    work: Work,
    metered: Collection[str] | None = None,
    span: Span | None = None,
) -> tuple[dict[str, Ledger], dict[str, NDArray[np.float64]]]:
    """Meter prints at unity gain, in float64, without writing anything.

    Parameters
    ----------
    metered
        Names of the prints to meter in full; all by default.
    span
        The stretch of film to look at; all of it by default.

    Returns
    -------
    tuple
        The ledgers of those that were metered, and the largest absolute samples of the others, each 100 ms.
    """
    chosen = {row.name for row in rows} if metered is None else set(metered)
    if work.memory is not None and span is None and timeline.sample_rate_hz >= LOWEST_DIRECT_RATE_HZ:
        return recall_sums(timeline, rows, layout, work, work.memory, chosen)
    scanners = {row.name: Scanner(timeline.sample_rate_hz, layout.count, layout) for row in rows if row.name in chosen}
    holds = {row.name: PeakHold(timeline.sample_rate_hz) for row in rows if row.name not in chosen}
    streams = {role: track(timeline, role, layout.count, work, span) for role in roles_needed(rows)}
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
    kept: Kept | None = None,
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
    kept
        What is copied from earlier prints instead, of the whole film.

    Returns
    -------
    Activity
        What the limiter did, where it was rendered.

    Raises
    ------
    SumOverflow
        If a print would exceed full scale; nothing is ever clipped.
    """
    start = span.start if span else 0
    activity = Activity(timeline.sample_rate_hz, timeline.length_samples)
    film = _Rendered(timeline, rows, next(iter(targets.values())), gain_db, ceiling_dbtp, activity, work)
    with contextlib.ExitStack() as stack:
        writers = {row.name: stack.enter_context(targets[row.name].open(start)) for row in rows}
        if kept is None:
            film.into(writers, span)
        else:
            for piece, is_right in kept.pieces():
                if is_right:
                    _copy(kept, piece, writers, work)
                else:
                    film.into_piece(writers, piece)
        for writer in writers.values():
            writer.close()
    return activity


@dataclass(frozen=True, slots=True)
class _Rendered:
    """The prints of a film, any span of them."""

    timeline: Timeline
    rows: Sequence[PrintRow]
    form: PrintTarget
    gain_db: float
    ceiling_dbtp: float | None
    activity: Activity
    work: Work

    def into(self, sinks: Mapping[str, Sink], span: Span | None) -> None:
        """Render a span; where a limiter is at work, as if silence were around it."""
        timeline, channels, start = self.timeline, self.form.channels, span.start if span else 0
        streams, grids = {}, {}
        for role in roles_needed(self.rows):
            bus = track(timeline, role, channels, self.work, span)
            touched = touched_of(timeline, role, self.form.bits)
            grids[role] = Grid(DitherKey(role.value), self.form.bits, touched, self.gain_db != 0.0)
            streams[role] = gained(bus, self.gain_db)
        stage = None
        if self.ceiling_dbtp is None:
            streams = {role: grids[role].of_stream(stream, start) for role, stream in streams.items()}
        else:
            prints = [row.roles for row in self.rows]
            limiter = LinkedLimiter(prints, channels, timeline.sample_rate_hz, self.ceiling_dbtp, start)
            stage = LimiterStage(limiter, (self.activity,), grids)
        drive(streams, self.rows, sinks, self.work, stage)

    def into_piece(self, sinks: Mapping[str, Sink], piece: Span) -> None:
        """Render a piece just as it is in the whole film."""
        rate_hz, span = self.timeline.sample_rate_hz, piece
        if self.ceiling_dbtp is not None:
            end = min(self.timeline.length_samples, piece.end + rate_hz)
            span = Span(max(0, piece.start - RUN_IN_S * rate_hz), end)
        self.into({name: Inside(sink, piece, span.start) for name, sink in sinks.items()}, span)


def _copy(kept: Kept, piece: Span, writers: Mapping[str, Sink], work: Work) -> None:
    """Put a piece of earlier prints into the new ones."""

    def copy(name: str) -> None:
        for block in kept.read(name, piece, work.block_samples):
            writers[name].push(block)

    with ThreadPoolExecutor(max(1, work.jobs)) as pool:
        list(pool.map(copy, writers))
    if work.on_samples is not None:
        work.on_samples(piece.length)


def write_apart(
    timeline: Timeline,
    row: PrintRow,
    target: PrintTarget,
    gain_db: float,
    work: Work,
    span: Span | None = None,
    own_db: float = 0.0,
) -> None:
    """Render a print that is no part of the mix: its roles before ducking and limiter, rounded on their own.

    Parameters
    ----------
    gain_db
        Of the film; ``own_db`` is what somebody asked for this print beside it.

    Raises
    ------
    RenderError
        If it would exceed full scale; nothing is ever clipped.
    """
    plain, start, gain_db = replace(timeline, duck=None), span.start if span else 0, gain_db + own_db
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
            fits_db = _room_db(plain, row, target.channels, work) - gain_db
            hint = f'ask for me_gain_db = {step_below(own_db + fits_db):.1f} or less in [mix], or for me = "follow"'
            message = f"the undipped {row.name} would exceed full scale: {error.problems[0].message}"
            raise RenderError(Problem("over_full_scale", message, hint)) from error
        writer.close()


def _room_db(timeline: Timeline, row: PrintRow, channels: int, work: Work) -> float:
    """Return the gain that brings the largest sample of a print to full scale."""
    tracks = [track(timeline, role, channels, work) for role in row.roles]
    return -(db_from_amplitude(max(float(np.abs(bus).max(initial=0.0)) for bus in _added(tracks))) or 0.0)


def _added(tracks: Sequence[Stream]) -> Stream:
    for first, *others in zip(*tracks, strict=True):
        for other in others:
            np.add(first, other, out=first)
        yield first


def _close(stream: Stream) -> None:
    if close := getattr(stream, "close", None):
        close()
