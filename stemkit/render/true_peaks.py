"""The largest true peak of all prints in each 100 ms, before any gain, where it may matter.

The limiter is listened to only where a true peak comes near its ceiling. A bound on the samples alone would leave
far more open: a true peak can be 2.4 times the largest sample, and hardly ever is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stemkit.core.parallel import in_order
from stemkit.core.timebase import Span
from stemkit.dsp.limiter import AFTER, BEFORE, SAFE, Peaks
from stemkit.dsp.oversample import interpolator, oversampling_factor
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.console import Console

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
        largest = np.zeros(piece.length)
        for sound in _around(console, rows, span):
            found = Peaks(sound).between(taps, sure, is_mirrored=True)
            if found is not None:
                np.maximum(largest, np.maximum.reduceat(found, range(0, span.length, window)), out=largest)
        return largest

    result, pieces = np.zeros(len(wanted)), _pieces(wanted)
    with Console(timeline, roles_needed(rows), channels, work) as console:
        console.make_ready(Span(piece.start * window - BEFORE, piece.end * window + AFTER) for piece in pieces)
        for piece, largest in zip(pieces, in_order(seek, pieces, work.jobs), strict=True):
            result[piece.start : piece.end] = largest
            if work.on_samples is not None:
                work.on_samples(piece.length * window)
    return result


def _pieces(wanted: NDArray[np.bool_]) -> list[Span]:
    """Return the windows that are wanted as spans of a few seconds at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]))).reshape(-1, 2).tolist()
    return [
        Span(start, min(start + _MOST_WINDOWS, end))
        for first, end in edges
        for start in range(first, end, _MOST_WINDOWS)
    ]


def _around(console: Console, rows: Sequence[PrintRow], span: Span) -> Floats:
    """Return the prints of a span, and of what the interpolator needs on both sides; silence is around the film."""
    reach = Span(max(0, span.start - BEFORE), min(console.timeline.length_samples, span.end + AFTER))
    sums = console.sums(rows, reach)
    if reach.length == span.length + BEFORE + AFTER:
        return sums
    return np.pad(sums, ((0, 0), (reach.start - span.start + BEFORE, span.end + AFTER - reach.end), (0, 0)))
