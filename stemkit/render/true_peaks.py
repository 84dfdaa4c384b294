"""The largest true peak of all prints in each 100 ms, before any gain, where it may matter.

The limiter is listened to only where a true peak comes near its ceiling. A bound on the samples alone would leave
far more open: a true peak can be 2.4 times the largest sample, and hardly ever is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

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
from stemkit.render.memory import Shelf

WINDOWS_PER_SECOND = 10
_SOUGHT = "true peaks"
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
    result, search = np.zeros(len(wanted)), _Search(timeline, tuple(rows), least)
    shelf = None
    if work.memory is not None:
        about = [_SOUGHT, least, *(row.roles for row in rows)]
        shelf = Shelf(timeline, channels, roles_needed(rows), work.memory, about)
    pieces = _pieces(wanted)
    known = {piece: kept for piece in pieces if shelf and (kept := shelf.recall(search.reach(piece), [])) is not None}
    unknown = [piece for piece in pieces if piece not in known]
    with Console(timeline, roles_needed(rows), channels, work) as console:
        console.make_ready(search.reach(piece) for piece in unknown)
        for piece, largest in zip(unknown, in_order(partial(search.peaks, console), unknown, work.jobs), strict=True):
            known[piece] = {"largest": largest}
            if shelf is not None:
                shelf.keep(search.reach(piece), [], known[piece])
            if work.on_samples is not None:
                work.on_samples(search.span(piece).length)
    for piece, found in known.items():
        result[piece.start : piece.end] = found["largest"]
    return np.asarray(np.where(wanted, result, 0.0))


def _pieces(wanted: NDArray[np.bool_]) -> list[Span]:
    """Return the windows that are wanted, and some between them, as spans of a few seconds at most."""
    found = []
    for start in range(0, len(wanted), _MOST_WINDOWS):
        hits = np.flatnonzero(wanted[start : start + _MOST_WINDOWS])
        if len(hits):
            found.append(Span(start + int(hits[0]), start + int(hits[-1]) + 1))
    return found


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for the true peaks of some windows of 100 ms."""

    timeline: Timeline
    rows: tuple[PrintRow, ...]
    least: float

    @property
    def window(self) -> int:
        return self.timeline.sample_rate_hz // WINDOWS_PER_SECOND

    def span(self, piece: Span) -> Span:
        """Return where windows are in the film."""
        return Span(piece.start * self.window, min(piece.end * self.window, self.timeline.length_samples))

    def reach(self, piece: Span) -> Span:
        """Return what of the film the interpolator needs for some windows."""
        span = self.span(piece)
        return Span(max(0, span.start - BEFORE), min(self.timeline.length_samples, span.end + AFTER))

    def peaks(self, console: Console, piece: Span) -> Floats:
        """Return the largest true peak of each window."""
        taps = interpolator(oversampling_factor(self.timeline.sample_rate_hz))
        sure = self.least / (float(np.abs(taps).sum(axis=1).max()) * SAFE)
        span, largest = self.span(piece), np.zeros(piece.length)
        for sound in self._around(console, piece):
            found = Peaks(sound).between(taps, sure, is_mirrored=True)
            if found is not None:
                np.maximum(largest, np.maximum.reduceat(found, range(0, span.length, self.window)), out=largest)
        return largest

    def _around(self, console: Console, piece: Span) -> Floats:
        """Return the prints of some windows with what is around them; silence is around the film."""
        span, reach = self.span(piece), self.reach(piece)
        sums = console.sums(self.rows, reach)
        if reach.length == span.length + BEFORE + AFTER:
            return sums
        return np.pad(sums, ((0, 0), (reach.start - span.start + BEFORE, span.end + AFTER - reach.end), (0, 0)))
