"""What goes out of the loop of the buses: prints that are metered, and prints that are written."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.block import Block
from stemkit.core.layout import Layout
from stemkit.core.media import Bext
from stemkit.dsp.limiter import LinkedLimiter
from stemkit.dsp.limiter_activity import Activity
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Grid, LimiterStage, Work, drive, gained, track
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
    formats: Mapping[str, tuple[Path, WriteFormat, Bext | None]],
    gain_db: float,
    work: Work,
    ceiling_dbtp: float | None = None,
) -> Activity:
    """Render every print into its file.

    Parameters
    ----------
    formats
        For each print its (temporary) path, format and Broadcast Wave fields; one word length for all.
    gain_db
        The programme trim, equal on all buses.
    ceiling_dbtp
        Of the limiter that all prints share; `None` for none.

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
    for role in roles_needed(rows):
        fmt = next(formats[row.name][1] for row in rows if role in row.roles)
        channels = fmt.layout.count
        bus = track(timeline, role, channels, work)
        touched = Touched(timeline.lines.get(role, ()), bits_of(fmt))
        grids[role] = Grid(role, bits_of(fmt), touched, gain_db != 0.0)
        streams[role] = gained(bus, gain_db)
    activity = Activity(timeline.sample_rate_hz, timeline.length_samples)
    if ceiling_dbtp is None:
        streams = {role: grids[role].of_stream(stream) for role, stream in streams.items()}
        stage = None
    else:
        limiter = LinkedLimiter([row.roles for row in rows], channels, timeline.sample_rate_hz, ceiling_dbtp)
        stage = LimiterStage(limiter, (activity,), grids)
    with contextlib.ExitStack() as stack:
        writers = {row.name: stack.enter_context(_open_writer(*formats[row.name])) for row in rows}
        drive(streams, rows, writers, work, stage)
        for writer in writers.values():
            writer.close()
    return activity


def bits_of(fmt: WriteFormat) -> int:
    """Return the word length of a print; a float print holds the 24-bit grid."""
    return 16 if fmt.subtype == "PCM_16" else 24


def _open_writer(path: Path, fmt: WriteFormat, bext: Bext | None) -> PrintWriter:
    return PrintWriter(path, fmt, bext=bext)
