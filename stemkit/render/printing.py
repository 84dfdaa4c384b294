"""What goes out of the loop of the buses: prints that are metered, and prints that are written."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.layout import Layout
from stemkit.core.timebase import Span
from stemkit.dsp.limiter import LinkedLimiter
from stemkit.dsp.limiter_activity import Activity
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Grid, LimiterStage, Work, drive, gained, touched_of, track
from stemkit.render.print_files import PrintTarget


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
        grids[role] = Grid(role, form.bits, touched_of(timeline, role, form.bits), gain_db != 0.0)
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
