"""A print that is no part of the mix: its roles as they are before ducking and limiter, rounded on their own."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stemkit.core.block import Stream
from stemkit.core.errors import Problem, RenderError, SumOverflow
from stemkit.core.timebase import Span
from stemkit.core.units import db_from_amplitude
from stemkit.dsp.quantise import DitherKey
from stemkit.plan.levels import step_below
from stemkit.plan.routing import PrintRow
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Grid, Work, gained, track
from stemkit.render.print_files import PrintTarget
from stemkit.render.track import Touched


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
