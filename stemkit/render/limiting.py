"""Listening to the linked limiter before anything is written: what it does to peaks and to loudness.

Away from what it works on the film is the plain mix, so only those stretches are rendered; the loudness of
the limited film is that of the plain one, with the stretches put in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stemkit.core.layout import Layout
from stemkit.core.mix_facts import LimiterFacts
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db, db_from_amplitude
from stemkit.dsp.limiter import Limited, LinkedLimiter, PeakReading
from stemkit.dsp.limiter_activity import WINDOWS_PER_SECOND, Activity
from stemkit.meters._ledger import CELLS_PER_SECOND, Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import LimiterStage, Work, drive, gained, track

_TAIL_S = 2.5
_LEAD_S = 0.5
_NEAR_DB = 0.5
_SPARE_DB = 1.5
Windows = NDArray[np.bool_]


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
        timeline = self.timeline
        near = self.nearness.windows(amplitude_from_db(ceiling_dbtp - _NEAR_DB - gain_db))
        activity = Activity(timeline.sample_rate_hz, timeline.length_samples)
        prints = [row.roles for row in self.rows]
        peaks = _Peaks(PeakReading(prints, self.layout.count, timeline.sample_rate_hz, ceiling_dbtp - _NEAR_DB))
        cells = None if self.plain is None else self.plain.cells * amplitude_from_db(gain_db) ** 2
        for span in _spans(near, timeline):
            limiter = LinkedLimiter(prints, self.layout.count, timeline.sample_rate_hz, ceiling_dbtp, span.start)
            found = self._render(span, gain_db, LimiterStage(limiter, (activity, peaks)))
            if cells is not None and found is not None:
                _put(cells, found, span, timeline.sample_rate_hz)
        readings = tuple(db_from_amplitude(value) for value in peaks.reading.largest)
        lufs = None
        if cells is not None and self.plain is not None:
            lufs = self.loudness_at(replace(self.plain, cells=cells), gain_db)
        facts = activity.result(ceiling_dbtp, readings, passes)
        return Heard(facts, lufs, readings[0], activity.deepest[: len(near)] < 1.0)

    def _render(self, span: Span, gain_db: float, stage: LimiterStage) -> Ledger | None:
        channels = self.layout.count
        streams = {
            role: gained(track(self.timeline, role, channels, self.work, span), gain_db)
            for role in roles_needed(self.rows)
        }
        scanner = Scanner(self.timeline.sample_rate_hz, channels, self.layout)
        sinks = {} if self.judged is None else {self.judged.name: scanner}
        drive(streams, self.rows, sinks, self.work, stage)
        return scanner.result() if sinks else None


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


class _Peaks:
    """Hands the limited buses to the reading."""

    def __init__(self, reading: PeakReading) -> None:
        self.reading = reading

    def push(self, limited: Limited) -> None:
        self.reading.push(limited.buses)


def _spans(near: Windows, timeline: Timeline) -> list[Span]:
    """Return the stretches to render: with what the limiter and the meter need before and after."""
    window = timeline.sample_rate_hz // WINDOWS_PER_SECOND
    lead, tail = round(_LEAD_S * WINDOWS_PER_SECOND), round(_TAIL_S * WINDOWS_PER_SECOND)
    spans: list[Span] = []
    for at in np.flatnonzero(near).tolist():
        start, end = max(0, at - lead) * window, min((at + 1 + tail) * window, timeline.length_samples)
        if spans and start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, end)
        else:
            spans.append(Span(start, end))
    return spans


def _put(cells: NDArray[np.float64], found: Ledger, span: Span, rate_hz: int) -> None:
    first = span.start * CELLS_PER_SECOND // rate_hz
    # The first cells lack what was before them; nothing is limited there.
    settled = 0 if first == 0 else round(_LEAD_S * CELLS_PER_SECOND) // 2
    count = min(len(found.cells), len(cells) - first)
    cells[first + settled : first + count] = found.cells[settled:count]
