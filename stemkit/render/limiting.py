"""Listening to the linked limiter before anything is written: what it does to peaks and to loudness.

Away from what it works on the film is the plain mix, so only those stretches are rendered; the loudness of
the limited film is that of the plain one, with the stretches put in its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemkit.core.layout import Layout
from stemkit.core.mix_facts import LimiterFacts
from stemkit.core.parallel import in_order
from stemkit.core.units import amplitude_from_db, db_from_amplitude
from stemkit.dsp.limiter import AFTER, BEFORE, READINGS, largest_peaks
from stemkit.dsp.limiter_activity import WINDOWS_PER_SECOND, Activity, Worked, worked
from stemkit.meters._ledger import CELLS_PER_SECOND, Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.console import Console
from stemkit.render.limited import (
    Chunk,
    Setting,
    Windows,
    chunks,
    gain_and_prints,
    part_within,
    reach_of,
    surroundings,
)
from stemkit.render.memory import Shelf

Floats = NDArray[np.float64]
_LISTENED = "limited chunk"
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
    shelf: Shelf | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shelf", self._shelf())

    def listen(self, gain_db: float, ceiling_dbtp: float, passes: int = 1) -> Heard:
        """Render the stretches in which peaks come near the ceiling with gain and limiter, and measure them."""
        timeline, rate_hz = self.timeline, self.timeline.sample_rate_hz
        near = self.nearness.windows(amplitude_from_db(ceiling_dbtp - _NEAR_DB - gain_db))
        activity = Activity(rate_hz, timeline.length_samples)
        setting = Setting(gain_db, ceiling_dbtp)
        cells = None if self.plain is None else self.plain.cells * amplitude_from_db(gain_db) ** 2
        largest = np.zeros(len(READINGS))
        spans = surroundings(near, rate_hz, timeline.length_samples, _LEAD_S, _TAIL_S)
        todo = list(chunks(spans, rate_hz, _LEAD_S))
        known = {chunk: part for chunk in todo if (part := self._recalled(setting, chunk)) is not None}
        unknown = [chunk for chunk in todo if chunk not in known]
        with Console(timeline, roles_needed(self.rows), self.layout.count, self.work) as console:
            console.make_ready(reach_of(chunk, timeline) for chunk in unknown)
            parts = in_order(partial(self._heard, console, setting), unknown, self.work.jobs)
            for chunk in todo:
                heard = known.get(chunk) or self._kept(setting, chunk, next(parts))
                if heard.worked is not None:
                    activity.add(heard.worked)
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

    def _shelf(self) -> Shelf | None:
        if self.work.memory is None:
            return None
        about = [_LISTENED, *(row.roles for row in self.rows), self.judged and self.judged.roles]
        roles = roles_needed(self.rows)
        return Shelf(self.timeline, self.layout.count, roles, self.work.memory, about)

    def _recalled(self, setting: Setting, chunk: Chunk) -> _Part | None:
        if self.shelf is None:
            return None
        kept = self.shelf.recall(reach_of(chunk, self.timeline), _asked(setting, chunk))
        return None if kept is None else _Part.of(kept)

    def _kept(self, setting: Setting, chunk: Chunk, part: _Part) -> _Part:
        if self.shelf is not None:
            self.shelf.keep(reach_of(chunk, self.timeline), _asked(setting, chunk), part.as_arrays())
        return part

    def _heard(self, console: Console, setting: Setting, chunk: Chunk) -> _Part:
        rate_hz = self.timeline.sample_rate_hz
        start = max(chunk.start, chunk.span.start - round(_LEAD_S * rate_hz))
        gain, prints = gain_and_prints(console, self.rows, setting, chunk)
        prints = prints[:, start - chunk.start :]
        np.multiply(prints, amplitude_from_db(setting.gain_db), out=prints)
        cells_start, cells = start, None
        if gain is not None and len(at := np.flatnonzero(gain[start - chunk.start :] < 1.0)):
            work = slice(at[0], at[-1] + 1)
            np.multiply(prints[:, work], gain[start - chunk.start :][work, np.newaxis], out=prints[:, work])
            heard = _with_settling(work, rate_hz)
            cells_start, cells = start + heard.start, self._cells(prints[:, heard])
        # Around the film there is silence.
        is_last = chunk.span.end == self.timeline.length_samples
        room = (BEFORE if start == 0 else 0, AFTER if is_last else 0)
        around = np.pad(prints, ((0, 0), room, (0, 0))) if any(room) else prints
        largest = np.array(largest_peaks(around, rate_hz, setting.ceiling_dbtp - _NEAR_DB))
        inside = part_within(gain, chunk)
        done = None if inside is None else worked(rate_hz, chunk.span.start, inside)
        return _Part(cells_start, done, largest, cells)

    def _cells(self, prints: Floats) -> Floats | None:
        if self.judged is None:
            return None
        scanner = Scanner(self.timeline.sample_rate_hz, self.layout.count, self.layout)
        scanner.push(prints[self.rows.index(self.judged)])
        return scanner.result().cells


@dataclass(frozen=True, slots=True)
class _Part:
    """What was heard of a chunk: what the limiter did, and loudness from ``start`` on, where it turned down."""

    start: int
    worked: Worked | None
    largest: Floats
    cells: Floats | None

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return it as plain arrays."""
        arrays: dict[str, NDArray[np.generic]] = {"start": np.array([self.start]), "largest": self.largest}
        if self.cells is not None:
            arrays["cells"] = self.cells
        if self.worked is not None:
            done = self.worked
            arrays |= {"from": np.array([done.start]), "lowest": done.lowest, "lowered": done.lowered}
            arrays |= {"reaches": done.reaches, "depths": done.depths}
        return arrays

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> _Part:
        """Bring it back."""
        done = None
        if "from" in arrays:
            of = [arrays[name] for name in ("lowest", "lowered", "reaches", "depths")]
            done = Worked(int(arrays["from"][0]), *of)
        return cls(int(arrays["start"][0]), done, arrays["largest"], arrays.get("cells"))


def _with_settling(work: slice, rate_hz: int) -> slice:
    """Return what has to be weighed where some samples changed: with what the filters need before and after."""
    window, around = rate_hz // WINDOWS_PER_SECOND, round(0.3 * rate_hz)
    return slice(max(0, (work.start - around) // window) * window, work.stop + around)


def _asked(setting: Setting, chunk: Chunk) -> list[float]:
    return [setting.gain_db, setting.ceiling_dbtp, chunk.span.start]


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
        peaks: Mapping[str, Floats],
        most: float,
        seek: Callable[[Windows, float], Floats],
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


def _put(cells: Floats, found: Floats, start: int, rate_hz: int) -> None:
    first = start * CELLS_PER_SECOND // rate_hz
    # The first cells lack what was before them; nothing is limited there, or another chunk has it.
    settled = 0 if first == 0 else round(_LEAD_S * CELLS_PER_SECOND) // 2
    count = min(len(found), len(cells) - first)
    cells[first + settled : first + count] = found[settled:count]
