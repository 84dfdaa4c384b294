"""The largest true peak of all prints in each 100 ms, before any gain, where it may matter.

The limiter is listened to only where a true peak comes near its ceiling. A bound on the samples alone would leave
far more open: a true peak can be 2.4 times the largest sample, and hardly ever is.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.film import Role
from stemkit.core.timebase import Span
from stemkit.dsp.limiter import AFTER, BEFORE, SAFE, peaks_between, sum_of
from stemkit.dsp.oversample import interpolator, oversampling_factor
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work, track

WINDOWS_PER_SECOND = 10
_MOST_WINDOWS = 64
Floats = NDArray[np.float64]


def true_peaks(
    timeline: Timeline, rows: Sequence[PrintRow], channels: int, wanted: NDArray[np.bool_], least: float, work: Work
) -> Floats:
    """Return for each window of 100 ms the largest true peak of any print, as an amplitude at unity gain.

    Parameters
    ----------
    wanted
        In which windows it is sought; the others are 0.
    least
        True peaks below this need not be found, and may be given as less than they are.
    """
    window = timeline.sample_rate_hz // WINDOWS_PER_SECOND
    taps = interpolator(oversampling_factor(timeline.sample_rate_hz))
    sure = least / (float(np.abs(taps).sum(axis=1).max()) * SAFE)

    def seek(piece: Span) -> Floats:
        span = Span(piece.start * window, min(piece.end * window, timeline.length_samples))
        buses = _around(timeline, rows, channels, span)
        largest = np.zeros(piece.length)
        for row in rows:
            found = peaks_between(sum_of(buses, row.roles), taps, sure, is_mirrored=True)
            if found is not None:
                np.maximum(largest, np.maximum.reduceat(found, range(0, span.length, window)), out=largest)
        if work.on_samples is not None:
            work.on_samples(span.length)
        return largest

    result = np.zeros(len(wanted))
    with ThreadPoolExecutor(max(1, work.jobs)) as pool:
        pieces = _pieces(wanted)
        try:
            for piece, largest in zip(pieces, pool.map(seek, pieces), strict=True):
                result[piece.start : piece.end] = largest
        finally:
            pool.shutdown(cancel_futures=True)
    return result


def _pieces(wanted: NDArray[np.bool_]) -> list[Span]:
    """Return the windows that are wanted as spans of a few seconds at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]))).reshape(-1, 2).tolist()
    return [
        Span(start, min(start + _MOST_WINDOWS, end))
        for first, end in edges
        for start in range(first, end, _MOST_WINDOWS)
    ]


def _around(timeline: Timeline, rows: Sequence[PrintRow], channels: int, span: Span) -> dict[Role, Block]:
    """Return the buses of a span, and of what the interpolator needs on both sides; silence is around the film."""
    start, end = max(0, span.start - BEFORE), min(timeline.length_samples, span.end + AFTER)
    room = ((start - span.start + BEFORE, span.end + AFTER - end), (0, 0))
    at_once = Work(block_samples=end - start)
    return {
        role: np.pad(next(track(timeline, role, channels, at_once, Span(start, end))), room)
        for role in roles_needed(rows)
    }
