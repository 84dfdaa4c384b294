"""Listening to the linked limiter before anything is written: what it does to peaks and to loudness.

Away from what it works on the film is the plain mix, so only those stretches are rendered; the loudness of
the limited film is that of the plain one, with the stretches put in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from stemkit.core.layout import Layout
from stemkit.core.mix_facts import LimiterFacts
from stemkit.core.parallel import in_order
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db, db_from_amplitude
from stemkit.dsp.limiter import READINGS, Limited, PeakReading, sum_of
from stemkit.dsp.limiter_activity import Activity
from stemkit.meters._ledger import CELLS_PER_SECOND, Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.console import Console
from stemkit.render.limited import Chunk, Setting, Windows, chunks, limited, reach_of, surroundings

_TAIL_S = 2.5
_LEAD_S = 0.5
_NEAR_DB = 0.5
_SPARE_DB = 1.5


@dataclass(frozen=True, slots=True)
class Heard:
    """What one listening found.

    Parameters
    ----------
    lufs
        Of the print that was judged, limited: the loudness that counts.
    true_peak_dbtp
        Of all prints, limited, where they come near the ceiling.
    """

    facts: LimiterFacts
    lufs: float | None
    true_peak_dbtp: float | None
    at_work: Windows


@dataclass(frozen=True, slots=True)
class Booth:
    """What there is to listen to.

    Parameters
    ----------
    judged
        The print whose loudness counts, `None` where none does.
    plain
        Its ledger at unity gain.
    loudness_at
        What counts of a ledger of that print, and the gain it was made with.
    nearness
        Where true peaks come near a ceiling.
    """

    timeline: Timeline
    rows: Sequence[PrintRow]
    layout: Layout
    judged: PrintRow | None
    plain: Ledger | None
    work: Work
    loudness_at: Callable[[Ledger, float], float | None]
    nearness: Nearness

    def listen(self, gain_db: float, ceiling_dbtp: float, passes: int = 1) -> Heard:
        """Render the stretches in which peaks come near the ceiling with gain and limiter, and measure them."""
        timeline, rate_hz = self.timeline, self.timeline.sample_rate_hz
        near = self.nearness.windows(amplitude_from_db(ceiling_dbtp - _NEAR_DB - gain_db))
        activity = Activity(rate_hz, timeline.length_samples)
        setting = Setting([row.roles for row in self.rows], gain_db, ceiling_dbtp)
        cells = None if self.plain is None else self.plain.cells * amplitude_from_db(gain_db) ** 2
        largest = np.zeros(len(READINGS))
        spans = surroundings(near, rate_hz, timeline.length_samples, _LEAD_S, _TAIL_S)
        todo = list(chunks(spans, rate_hz, _LEAD_S))
        with Console(timeline, roles_needed(self.rows), self.layout.count, self.work) as console:
            console.make_ready(reach_of(chunk, timeline) for chunk in todo)
            for chunk, heard in zip(
                todo, in_order(partial(self._heard, console, setting), todo, self.work.jobs), strict=True
            ):
                for limited_gain in heard.gains:
                    activity.push(limited_gain)
                largest = np.maximum(largest, heard.largest)
                if cells is not None and heard.cells is not None:
                    _put(cells, heard.cells, heard.start, rate_hz)
                if self.work.on_samples is not None:
                    self.work.on_samples(chunk.span.length)
        readings = tuple(db_from_amplitude(float(value)) for value in largest)
        lufs = None
        if cells is not None and self.plain is not None:
            lufs = self.loudness_at(replace(self.plain, cells=cells), gain_db)
        facts = activity.result(ceiling_dbtp, readings, passes)
        return Heard(facts, lufs, readings[0], activity.deepest[: len(near)] < 1.0)

    def _heard(self, console: Console, setting: Setting, chunk: Chunk) -> _Part:
        rate_hz, channels = self.timeline.sample_rate_hz, self.layout.count
        reading = PeakReading(setting.prints, channels, rate_hz, setting.ceiling_dbtp - _NEAR_DB)
        scanner = Scanner(rate_hz, channels, self.layout)
        start, gains = chunk.span.start, []
        for each in limited(console, setting, chunk, _LEAD_S):
            start = min(start, each.start)
            reading.push(each.buses)
            if self.judged is not None:
                scanner.push(sum_of(each.buses, self.judged.roles))
            gains += [part] if (part := _gain_within(each, chunk.span)) is not None else []
        cells = None if self.judged is None else scanner.result().cells
        return _Part(start, gains, np.array(reading.largest), cells)


@dataclass(frozen=True, slots=True)
class _Part:
    """What was heard of a chunk, from ``start`` on."""

    start: int
    gains: Sequence[Limited]
    largest: NDArray[np.float64]
    cells: NDArray[np.float64] | None


def _gain_within(each: Limited, span: Span) -> Limited | None:
    """Return the gain of what belongs to a chunk, `None` where nothing is turned down."""
    if each.gain is None:
        return None
    part = span.overlap(Span(each.start, each.start + len(each.gain)))
    return Limited(part.start, {}, each.gain[part.start - each.start :]) if part is not None else None


class Nearness:
    """Tells in which windows of 100 ms a true peak of any print reaches a level, at unity gain.

    Parameters
    ----------
    peaks
        For each print its largest absolute sample in each window.
    most
        By how much a true peak can exceed the largest sample at most.
    seek
        Finds the true peaks of the windows asked for, those from a level on.
    """

    def __init__(
        self,
        peaks: Mapping[str, NDArray[np.float64]],
        most: float,
        seek: Callable[[Windows, float], NDArray[np.float64]],
    ) -> None:
        self._samples = np.max(list(peaks.values()), axis=0)
        self._most, self._seek = most, seek
        self._known_from = math.inf
        self._true_peaks = self._samples

    def windows(self, level: float) -> Windows:
        """Return the windows in question; where there is none, that of the largest sample."""
        if level < self._known_from:
            # The next question is about a level a little lower or higher.
            self._known_from = level * amplitude_from_db(-_SPARE_DB)
            self._true_peaks = self._seek(self._samples * self._most >= self._known_from, self._known_from)
        near = self._true_peaks >= level
        if not near.any():
            near[self._samples.argmax()] = True
        return np.asarray(near)


def _put(cells: NDArray[np.float64], found: NDArray[np.float64], start: int, rate_hz: int) -> None:
    first = start * CELLS_PER_SECOND // rate_hz
    # The first cells lack what was before them; nothing is limited there, or another chunk has it.
    settled = 0 if first == 0 else round(_LEAD_S * CELLS_PER_SECOND) // 2
    count = min(len(found), len(cells) - first)
    cells[first + settled : first + count] = found[settled:count]
