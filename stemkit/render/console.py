"""The stems of a film at any place of it, as they lie in their files wherever nothing but a gain touches them.

A film is cut into pieces in which nothing begins, ends or fades. In such a piece most roles are one stretch of one
24-bit file, which the kernels of the mix take as it is (`stemkit.kernels.mixdown`); where a role is more than that
(a crossfade, ducking, a file of another kind) it is made by `stemkit.render.track`. Threads may share a console.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from stemkit.audio.reader import PcmFile, open_pcm
from stemkit.core.block import BLOCK_SAMPLES, Block
from stemkit.core.film import Role
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.kernels.mixdown import IS_NOTHING, IS_PACKED, IS_SOUND, Rows
from stemkit.plan.ducking import DUCKED
from stemkit.plan.routing import PrintRow
from stemkit.plan.timeline import Placement, Timeline
from stemkit.render.buses import Work, track
from stemkit.render.track import is_on_grid, read_within

_SPARE_BYTES = 32  # the kernels read eight values at a time


@dataclass(frozen=True, slots=True)
class Piece:
    """The roles in a piece of film.

    Parameters
    ----------
    rows
        What they are there; good until the next piece is asked for in the same thread.
    is_touched
        For each role whether its samples are off the grid of a print, or may be.
    """

    span: Span
    rows: Rows
    is_touched: NDArray[np.bool_]


class Console:
    """Hands out a film's roles, piece by piece.

    Parameters
    ----------
    roles
        In the order of their rows.
    channels
        Of the programme's layout, which every file has.
    bits
        Word length of the prints.
    """

    def __init__(self, timeline: Timeline, roles: Sequence[Role], channels: int, work: Work, bits: int = 24) -> None:
        self.timeline, self.roles, self.channels = timeline, tuple(roles), channels
        self._work, self._bits = work, bits
        self._step = max(1, min(work.block_samples, BLOCK_SAMPLES))
        self._lines = {
            role: [(line, _Sorted([each.span_in_film for each in line])) for line in timeline.lines.get(role, ())]
            for role in roles
        }
        self._dips = _Sorted([dip.span for dip in timeline.duck.dips] if timeline.duck is not None else [])
        self._edges = sorted(_edges(timeline, self.roles))
        self._own = threading.local()
        self._guard = threading.Lock()
        self._opened: list[PcmFile] = []

    def __enter__(self) -> Console:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for file in self._opened:
            file.close()

    def make_ready(self, spans: Iterable[Span]) -> None:
        """See that the files of some spans are there before they are read."""
        if self._work.ready is not None:
            lines = [line for role in self.roles for line in self.timeline.lines.get(role, ())]
            self._work.ready({path: None for span in spans for path in read_within(lines, span)})

    def orders(self, rows: Sequence[PrintRow]) -> NDArray[np.int64]:
        """Return for each print the rows that it adds, in the order of its roles."""
        order = np.full((len(rows), max(len(row.roles) for row in rows)), -1, np.int64)
        for at, row in enumerate(rows):
            order[at, : len(row.roles)] = [self.roles.index(role) for role in row.roles]
        return order

    def pieces(self, span: Span) -> Iterator[Piece]:
        """Yield a span of the film, piece by piece."""
        first, last = bisect_right(self._edges, span.start), bisect_left(self._edges, span.end)
        for start, end in pairwise([span.start, *self._edges[first:last], span.end]):
            for step in self.steps(Span(start, end)):
                yield self._piece(step)

    def steps(self, span: Span) -> Iterator[Span]:
        """Cut a span into steps that are taken at a time, whatever sounds there."""
        for at in range(span.start, span.end, self._step):
            yield Span(at, min(at + self._step, span.end))

    def buses(self, span: Span) -> dict[Role, Block]:
        """Return the buses of a span as numbers, before any gain of the film."""
        from stemkit.kernels.pcm import add_24

        found = {role: np.zeros((span.length, self.channels)) for role in self.roles}
        for piece in self.pieces(span):
            at = piece.span.start - span.start
            for row, role in enumerate(self.roles):
                part = found[role][at : at + piece.span.length].reshape(-1)
                if piece.rows.kinds[row] == IS_PACKED:
                    add_24(piece.rows.raw[row, : 3 * len(part)], float(piece.rows.gains[row]), part)
                elif piece.rows.kinds[row] == IS_SOUND:
                    part += piece.rows.sound[row, : len(part)]
        return found

    def sums(self, rows: Sequence[PrintRow], span: Span) -> NDArray[np.float64]:
        """Return some prints of a span before any gain of the film, shape ``(prints, samples, channels)``."""
        from stemkit.kernels.mixdown import add_up

        sums = np.empty((len(rows), span.length * self.channels))
        order, places, unnoted = self.orders(rows), np.arange(len(rows)), np.zeros((len(rows), 0))
        for piece in self.pieces(span):
            at = (piece.span.start - span.start) * self.channels
            add_up(piece.rows, order, places, sums, at, unnoted, piece.rows.count)
        return sums.reshape(len(rows), span.length, self.channels)

    def _piece(self, span: Span) -> Piece:
        raw, sound = self._buffers()
        kinds, gains = np.full(len(self.roles), IS_NOTHING, np.int64), np.ones(len(self.roles))
        is_touched = np.zeros(len(self.roles), np.bool_)
        count = span.length * self.channels
        for row, role in enumerate(self.roles):
            sounding = [line[at] for line, places in self._lines[role] for at in places.within(span)]
            if not sounding:
                continue
            is_ducked = role in DUCKED and any(True for _ in self._dips.within(span))
            is_faded = is_ducked or any(_is_fading(placement, span) for placement in sounding)
            off_grid = any(each.gain_db or not is_on_grid(each.source, self._bits) for each in sounding)
            is_touched[row] = is_faded or off_grid
            file = None if is_faded or len(sounding) > 1 else self._file(row, sounding[0])
            if file is None:
                kinds[row] = IS_SOUND
                at_once = Work(block_samples=span.length)
                sound[row, :count] = next(track(self.timeline, role, self.channels, at_once, span)).reshape(-1)
                continue
            kinds[row], gains[row] = IS_PACKED, amplitude_from_db(sounding[0].gain_db)
            start = span.start - sounding[0].start_in_film + sounding[0].span_in_file.start
            file.read_into(start, memoryview(raw[row].data)[: 3 * count])
        return Piece(span, Rows(raw, sound, kinds, gains, count), is_touched)

    def _buffers(self) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        own = self._own
        if not hasattr(own, "raw"):
            values = self._step * self.channels
            own.raw = np.zeros((len(self.roles), 3 * values + _SPARE_BYTES), np.uint8)
            own.sound = np.zeros((len(self.roles), values))
            own.files = {}
        return own.raw, own.sound

    def _file(self, row: int, placement: Placement) -> PcmFile | None:
        """Return the packed file of a placement, which stays open as long as this thread needs no other there."""
        media, files = placement.source, self._own.files
        if media.subtype != "PCM_24" or not media.is_usable or media.channels != self.channels:
            return None
        if row not in files or files[row].media is not media:
            file = open_pcm(media)
            if file is None:
                return None
            with self._guard:
                if row in files:
                    self._opened.remove(files[row])
                    files[row].close()
                self._opened.append(file)
            files[row] = file
        kept: PcmFile = files[row]
        return kept


class _Sorted:
    """Spans in the order of their starts, which can be looked up."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._starts = [span.start for span in spans]
        self._until = list(accumulate((span.end for span in spans), max))

    def within(self, wanted: Span) -> Iterator[int]:
        """Yield the places of those that overlap a span."""
        at = bisect_left(self._starts, wanted.end) - 1
        while at >= 0 and self._until[at] > wanted.start:
            if self._spans[at].overlap(wanted):
                yield at
            at -= 1


def _edges(timeline: Timeline, roles: Iterable[Role]) -> set[int]:
    """Return where something begins or ends."""
    spans = []
    for role in roles:
        for line in timeline.lines.get(role, ()):
            spans += [placement.span_in_film for placement in line]
            spans += [fade.span for each in line for fade in (each.fade_in, each.fade_out) if fade is not None]
    spans += [dip.span for dip in timeline.duck.dips] if timeline.duck is not None else []
    return {at for span in spans for at in (span.start, span.end)}


def _is_fading(placement: Placement, span: Span) -> bool:
    fades = (placement.fade_in, placement.fade_out)
    return any(fade is not None and fade.span.overlap(span) for fade in fades)


def gained(buses: Mapping[Role, Block], gain: float) -> dict[Role, Block]:
    """Apply a gain to buses that are made for us alone."""
    if gain != 1.0:
        for bus in buses.values():
            np.multiply(bus, gain, out=bus)
    return dict(buses)
