"""Prints at unity gain, stretch by stretch: what earlier runs measured is recalled, the rest is rendered."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stemkit.core.layout import Layout
from stemkit.core.parallel import in_order
from stemkit.core.timebase import Span
from stemkit.kernels.scan import F64
from stemkit.meters._gather import Gathered, collect, setup
from stemkit.meters._ledger import WINDOWS_PER_SECOND, Ledger
from stemkit.meters._segments import scan_segments
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.stretches import recipes, stretches
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.console import Console
from stemkit.render.memory import Memory, as_arrays, gathered

Floats = NDArray[np.float64]
_METERED, _PEAKS = "measured", "peaks"


def recall_sums(
    timeline: Timeline, rows: Sequence[PrintRow], layout: Layout, work: Work, metered: Collection[str]
) -> tuple[dict[str, Ledger], dict[str, Floats]]:
    """Meter some prints at unity gain, and take the largest samples of the others; see `scan_sums`."""
    table = _Table(timeline, rows, layout, work, metered)
    if work.on_samples is not None:
        work.on_samples(sum(table.spans[at].length for at in table.known))
    table.render(work)
    return table.ledgers(), table.curves()


@dataclass(frozen=True, slots=True)
class _Found:
    """What a stretch came to."""

    parts: Sequence[Gathered]
    peaks: Floats


class _Table:
    """What is known of each stretch of each print."""

    def __init__(
        self, timeline: Timeline, rows: Sequence[PrintRow], layout: Layout, work: Work, metered: Collection[str]
    ) -> None:
        self.timeline, self.memory, self.channels = timeline, work.memory, layout.count
        self.metered = [row for row in rows if row.name in metered]
        self.held = [row for row in rows if row.name not in metered]
        self.rows = [*self.metered, *self.held]
        self.plan = setup(timeline.sample_rate_hz, layout.count, layout)
        self.spans = stretches(timeline, layout.count)
        self.parts: dict[PrintRow, dict[int, Gathered]] = {row: {} for row in self.metered}
        self.peaks: dict[PrintRow, dict[int, Floats]] = {row: {} for row in self.held}
        self.known: set[int] = set()
        if self.memory is not None:
            sounds = self.memory.sounds
            self.recipes = {row: recipes(timeline, layout.count, row.roles, sounds) for row in rows}
            self.known |= {at for at in range(len(self.spans)) if self._recall(self.memory, at)}
        self._own = threading.local()

    def _recall(self, memory: Memory, at: int) -> bool:
        """Fetch what is kept of a stretch; tell whether that is all."""
        for row in self.rows:
            is_metered = row in self.parts
            kept = memory.recall(self.recipes[row][at], row, _METERED if is_metered else _PEAKS)
            try:
                if kept is None:
                    return False
                if is_metered:
                    self.parts[row][at] = gathered(kept)
                else:
                    self.peaks[row][at] = kept["peaks"]  # type: ignore[assignment]
            except KeyError:
                return False
        return True

    def render(self, work: Work) -> None:
        """Render the stretches that are not known, several at once, measure them and keep what was found."""
        missing = [at for at in range(len(self.spans)) if at not in self.known]
        with Console(self.timeline, roles_needed(self.rows), self.channels, work) as console:
            console.make_ready(self._reach(at) for at in missing)
            found = in_order(partial(self._measured, console), missing, work.jobs)
            for at, each in zip(missing, found, strict=True):
                self._take(at, each)
                if work.on_samples is not None:
                    work.on_samples(self.spans[at].length)

    def _reach(self, at: int) -> Span:
        span = self.spans[at]
        return Span(max(0, span.start - self.plan.run_in), span.end)

    def _measured(self, console: Console, at: int) -> _Found:
        """Render a stretch, from its own run-in, and look at it."""
        from stemkit.kernels.mixdown import add_up

        plan, span, channels = self.plan, self.spans[at], self.channels
        order = console.orders(self.rows)
        places = np.array([row if row < len(self.metered) else -1 for row in range(len(self.rows))])
        window = plan.rate // WINDOWS_PER_SECOND * channels
        peaks = np.zeros((len(self.rows), -(-span.length * channels // window)))
        sums, begin = self._room(span.start), span.start - plan.run_in
        for part, noted in ((Span(self._reach(at).start, span.start), peaks[:, :0].copy()), (span, peaks)):
            for piece in console.pieces(part):
                offset = (piece.span.start - part.start) * channels
                add_up(piece.rows, order, places, sums, (piece.span.start - begin) * channels, noted, window, offset)
        sums[:, (span.end - begin) * channels :] = 0.0
        return _Found([self._scanned(row, at, begin) for row in sums[: len(self.metered)]], peaks)

    def _room(self, start: int) -> Floats:
        """Return room for the sums of a stretch with its run-in; before the film there is silence."""
        plan = self.plan
        if not hasattr(self._own, "sums"):
            whole = -(-max(span.length for span in self.spans) // plan.segment) * plan.segment
            # What ends with the film may ring on into one more segment.
            values = (plan.run_in + whole + plan.segment) * self.channels
            self._own.sums = np.zeros((max(1, len(self.metered)), values))
        sums: Floats = self._own.sums
        sums[:, : max(0, plan.run_in - start) * self.channels] = 0.0
        return sums

    def _scanned(self, sums: Floats, at: int, begin: int) -> Gathered:
        plan, span, length = self.plan, self.spans[at], self.timeline.length_samples
        first, is_last = span.start // plan.segment, span.end == length
        lanes = (plan.segments(length) if is_last else span.end // plan.segment) - first
        return scan_segments(plan, sums.view(np.uint8), F64, begin, length, first, lanes, np.zeros(self.channels))

    def _take(self, at: int, found: _Found) -> None:
        for row, part in zip(self.metered, found.parts, strict=True):
            self.parts[row][at] = part
            if self.memory is not None:
                self.memory.keep(self.recipes[row][at], row, _METERED, as_arrays(part))
        for row, peaks in zip(self.held, found.peaks[len(self.metered) :], strict=True):
            self.peaks[row][at] = peaks
            if self.memory is not None:
                self.memory.keep(self.recipes[row][at], row, _PEAKS, {"peaks": peaks})

    def ledgers(self) -> dict[str, Ledger]:
        """Return the ledgers of the prints that are metered."""
        order = range(len(self.spans))
        length = self.timeline.length_samples
        return {row.name: collect([parts[at] for at in order], self.plan, length) for row, parts in self.parts.items()}

    def curves(self) -> dict[str, Floats]:
        """Return the largest samples of the others, each 100 ms."""
        return {
            row.name: np.concatenate([each[at] for at in range(len(self.spans))]) for row, each in self.peaks.items()
        }
