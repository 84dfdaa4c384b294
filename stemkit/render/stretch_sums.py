"""Prints at unity gain, stretch by stretch: what earlier runs measured is recalled, the rest is rendered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.layout import Layout
from stemkit.core.timebase import Span
from stemkit.dsp.streams import Sink
from stemkit.meters._gather import Gathered, collect, setup
from stemkit.meters._ledger import WINDOWS_PER_SECOND, Ledger
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.stretches import recipes, stretches
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work, drive, track
from stemkit.render.memory import Memory, StretchScanner, as_arrays, gathered
from stemkit.render.peak_hold import PeakHold

Floats = NDArray[np.float64]
_METERED, _PEAKS = "measured", "peaks"


def recall_sums(
    timeline: Timeline, rows: Sequence[PrintRow], layout: Layout, work: Work, memory: Memory, metered: Collection[str]
) -> tuple[dict[str, Ledger], dict[str, Floats]]:
    """Meter some prints at unity gain, and take the largest samples of the others; see `scan_sums`."""
    table = _Table(timeline, rows, layout, memory, metered)
    told = work.on_samples
    for first, end in table.gaps():
        table.render(first, end, work)
    if told is not None:
        told(sum(table.spans[at].length for at in table.known))
    return table.ledgers(), table.curves()


class _Table:
    """What is known of each stretch of each print."""

    def __init__(
        self, timeline: Timeline, rows: Sequence[PrintRow], layout: Layout, memory: Memory, metered: Collection[str]
    ) -> None:
        self.timeline, self.rows, self.memory = timeline, rows, memory
        self.channels = layout.count
        self.plan = setup(timeline.sample_rate_hz, layout.count, layout)
        self.spans = stretches(timeline, layout.count)
        self.recipes = {row: recipes(timeline, layout.count, row.roles, memory.sounds) for row in rows}
        self.metered = [row for row in rows if row.name in metered]
        self.held = [row for row in rows if row.name not in metered]
        self.parts: dict[PrintRow, dict[int, Gathered]] = {row: {} for row in self.metered}
        self.peaks: dict[PrintRow, dict[int, Floats]] = {row: {} for row in self.held}
        self.known = {at for at in range(len(self.spans)) if self._recall(at)}

    def _recall(self, at: int) -> bool:
        """Fetch what is kept of a stretch; tell whether that is all."""
        for row in self.rows:
            is_metered = row in self.parts
            kept = self.memory.recall(self.recipes[row][at], row, _METERED if is_metered else _PEAKS)
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

    def gaps(self) -> list[tuple[int, int]]:
        """Return runs of stretches that are not known, as first and end."""
        edges = [-1, *sorted(self.known), len(self.spans)]
        return [(one + 1, other) for one, other in pairwise(edges) if other - one > 1]

    def render(self, first: int, end: int, work: Work) -> None:
        """Render stretches that follow one another, measure them and keep what was found."""
        spans, timeline = self.spans[first:end], self.timeline
        start = max(0, spans[0].start - self.plan.run_in)
        sinks: dict[str, Sink] = {}
        for row in self.metered:
            sinks[row.name] = StretchScanner(self.plan, spans, timeline.length_samples, partial(self.found, row, first))
        holds = {row: _After(spans[0].start - start, timeline.sample_rate_hz) for row in self.held}
        sinks |= {row.name: hold for row, hold in holds.items()}
        whole = Span(start, spans[-1].end)
        streams = {role: track(timeline, role, self.channels, work, whole) for role in roles_needed(self.rows)}
        drive(streams, self.rows, sinks, work)
        for row, hold in holds.items():
            self._keep_peaks(row, first, spans, hold.curve())

    def found(self, row: PrintRow, first: int, at: int, part: Gathered) -> None:
        """Take what was gathered of stretch ``at`` after the first of those that are rendered."""
        self.parts[row][first + at] = part
        self.memory.keep(self.recipes[row][first + at], row, _METERED, as_arrays(part))

    def _keep_peaks(self, row: PrintRow, first: int, spans: Sequence[Span], curve: Floats) -> None:
        window = self.timeline.sample_rate_hz // WINDOWS_PER_SECOND
        for at, span in enumerate(spans, first):
            begin = (span.start - spans[0].start) // window
            self.peaks[row][at] = curve[begin : begin + -(-span.length // window)]
            self.memory.keep(self.recipes[row][at], row, _PEAKS, {"peaks": self.peaks[row][at]})

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


class _After:
    """Holds the peaks of a sound after its run-in."""

    def __init__(self, run_in: int, rate_hz: int) -> None:
        self._left = run_in
        self._hold = PeakHold(rate_hz)

    def push(self, block: Block) -> None:
        """Take the next samples."""
        skipped = min(self._left, len(block))
        self._left -= skipped
        if skipped < len(block):
            self._hold.push(block[skipped:])

    def curve(self) -> Floats:
        """Return the largest sample of each 100 ms."""
        return self._hold.curve()
