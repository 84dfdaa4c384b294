"""What goes out of the buses: prints that are metered, and prints that are written.

A film is printed in tasks of a few seconds that do not wait for one another; their results are written in order.
After a bus has been brought onto the grid of the print there is only addition of integers, which float64 does
exactly: that is why the stems null against the mix in the files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stemkit.audio._values import packed_at_once
from stemkit.core.block import Block
from stemkit.core.film import Role
from stemkit.core.layout import Layout
from stemkit.core.parallel import in_order
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.limiter import sum_of
from stemkit.dsp.limiter_activity import Activity
from stemkit.dsp.quantise import DitherKey, channel_keys
from stemkit.dsp.streams import Sink
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import LOWEST_DIRECT_RATE_HZ, Scanner
from stemkit.plan.routing import PrintRow, roles_needed
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Grid, Work, touched_of
from stemkit.render.console import Console
from stemkit.render.console import gained as all_gained
from stemkit.render.kept import Kept
from stemkit.render.limited import Chunk, Setting, Windows, gain_within
from stemkit.render.peak_hold import PeakHold
from stemkit.render.print_files import PrintTarget
from stemkit.render.stretch_sums import recall_sums
from stemkit.render.tasks import Task, tasks_of

_FASTEST_BITS, _FASTEST_CHANNELS = 24, 2
_NO_CURVE = np.ones(0)
Sound = Block | memoryview
"""Samples as numbers, or as they lie in a 24-bit file."""


def scan_sums(
    timeline: Timeline,
    rows: Sequence[PrintRow],
    layout: Layout,
    work: Work,
    metered: Collection[str] | None = None,
    span: Span | None = None,
) -> tuple[dict[str, Ledger], dict[str, NDArray[np.float64]]]:
    """Meter prints at unity gain, in float64, without writing anything.

    Parameters
    ----------
    metered
        Names of the prints to meter in full; all by default.
    span
        The stretch of film to look at; all of it by default.

    Returns
    -------
    tuple
        The ledgers of those that were metered, and the largest absolute samples of the others, each 100 ms.
    """
    chosen = {row.name for row in rows} if metered is None else set(metered)
    if span is None and timeline.length_samples and timeline.sample_rate_hz >= LOWEST_DIRECT_RATE_HZ:
        return recall_sums(timeline, rows, layout, work, chosen)
    scanners = {row.name: Scanner(timeline.sample_rate_hz, layout.count, layout) for row in rows if row.name in chosen}
    holds = {row.name: PeakHold(timeline.sample_rate_hz) for row in rows if row.name not in chosen}
    sinks: dict[str, Sink] = {**scanners, **holds}
    whole = span or Span(0, timeline.length_samples)
    with Console(timeline, roles_needed(rows), layout.count, work) as console:
        console.make_ready([whole])
        for at in range(whole.start, whole.end, work.block_samples):
            buses = console.buses(Span(at, min(at + work.block_samples, whole.end)))
            for row in rows:
                sinks[row.name].push(sum_of(buses, row.roles))
            if work.on_samples is not None:
                work.on_samples(len(next(iter(buses.values()))))
    ledgers = {name: scanner.result() for name, scanner in scanners.items()}
    return ledgers, {name: hold.curve() for name, hold in holds.items()}


def write_prints(
    timeline: Timeline,
    rows: Sequence[PrintRow],
    targets: Mapping[str, PrintTarget],
    gain_db: float,
    work: Work,
    ceiling_dbtp: float | None = None,
    span: Span | None = None,
    kept: Kept | None = None,
    at_work: Windows | None = None,
) -> Activity:
    """Render every print into its files.

    Parameters
    ----------
    targets
        For each print its files; one word length for all.
    gain_db
        The programme trim, equal on all buses.
    ceiling_dbtp
        Of the limiter that all prints share; `None` for none.
    span
        The stretch of film to render, all of it by default; the files may hold less.
    kept
        What is copied from earlier prints instead, of the whole film.
    at_work
        In which windows of 100 ms the limiter turns down, if that is known.

    Returns
    -------
    Activity
        What the limiter did, where it was rendered.

    Raises
    ------
    SumOverflow
        If a print would exceed full scale; nothing is ever clipped.
    """
    whole = span or Span(0, timeline.length_samples)
    activity = Activity(timeline.sample_rate_hz, timeline.length_samples)
    form = next(iter(targets.values()))
    with contextlib.ExitStack() as stack:
        writers = {row.name: stack.enter_context(targets[row.name].open(whole.start)) for row in rows}
        console = Console(timeline, roles_needed(rows), form.channels, work, form.bits)
        stack.enter_context(console)
        setting = None if ceiling_dbtp is None else Setting(gain_db, ceiling_dbtp)
        film = _Film(console, tuple(rows), form.bits, gain_db, setting, kept)
        tasks = list(tasks_of(timeline, whole, kept, setting is not None, at_work))
        console.make_ready(task.reach(timeline) for task in tasks if task.way != "copied")
        for task, made in zip(tasks, in_order(film.made, tasks, work.jobs), strict=True):
            for name, sounds in made.sounds.items():
                for sound in sounds:
                    if isinstance(sound, memoryview):
                        writers[name].push_packed(sound)
                    else:
                        writers[name].push(sound)
            if made.gain is not None:
                activity.push(task.span.start, made.gain)
            if work.on_samples is not None:
                work.on_samples(task.span.length)
        for writer in writers.values():
            writer.close()
    return activity


@dataclass(frozen=True, slots=True)
class _Made:
    """What a task gave: the sound of each print, and the limiter's gain where it turned down."""

    sounds: Mapping[str, Sequence[Sound]]
    gain: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class _Film:
    """The prints of a film, any task of them."""

    console: Console
    rows: tuple[PrintRow, ...]
    bits: int
    gain_db: float
    setting: Setting | None
    kept: Kept | None
    grids: Mapping[Role, Grid] = field(init=False)
    keys: NDArray[np.uint64] = field(init=False)

    def __post_init__(self) -> None:
        console = self.console
        grids = {
            role: Grid(
                DitherKey(role.value), self.bits, touched_of(console.timeline, role, self.bits), self.gain_db != 0.0
            )
            for role in console.roles
        }
        keys = [channel_keys(DitherKey(role.value), console.channels) for role in console.roles]
        object.__setattr__(self, "grids", grids)
        object.__setattr__(self, "keys", np.array(keys, np.uint64))

    def made(self, task: Task) -> _Made:
        """Carry out a task."""
        if task.way == "copied":
            return self._copied(task.span)
        gain = None
        if task.way == "limited" and self.setting is not None:
            gain = gain_within(self.console, self.rows, self.setting, Chunk(task.span, task.start))
        if self.bits == _FASTEST_BITS and self.console.channels == _FASTEST_CHANNELS:
            made = self._printed_at_once(task.span, gain)
            if made is not None:
                return made
        return self._printed(task.span, gain)

    def _printed_at_once(self, span: Span, curve: NDArray[np.float64] | None) -> _Made | None:
        """Print a span by the kernel that does all of it; `None` if it cannot, whatever the reason."""
        from stemkit.kernels.mixdown import FITS, IS_SOUND, print_24

        if curve is not None and not self.gain_db:  # some samples are touched and others are not
            return None
        frame_bytes = 3 * _FASTEST_CHANNELS
        packed = np.empty((len(self.rows), span.length * frame_bytes), np.uint8)
        order, gain = self.console.orders(self.rows), amplitude_from_db(self.gain_db)
        for piece in self.console.pieces(span):
            touched = np.ones_like(piece.is_touched) if self.gain_db else piece.is_touched
            if ((piece.rows.kinds == IS_SOUND) & ~touched).any():
                return None
            first = piece.span.start - span.start
            part = _NO_CURVE if curve is None else curve[first : first + piece.span.length]
            at, start = first * frame_bytes, piece.span.start
            if print_24(piece.rows, gain, part, touched, self.keys, start, order, packed, at) != FITS:
                return None
        return _Made({row.name: [packed[at].data] for at, row in enumerate(self.rows)}, curve)

    def _printed(self, span: Span, curve: NDArray[np.float64] | None) -> _Made:
        """Print a span step by step, of any form; what does not fit is told by who finds it."""
        sounds: dict[str, list[Sound]] = {row.name: [] for row in self.rows}
        for step in self.console.steps(span):
            buses = all_gained(self.console.buses(step), amplitude_from_db(self.gain_db))
            part = None if curve is None else curve[step.start - span.start : step.end - span.start]
            if part is not None:
                buses = {role: bus * part[:, np.newaxis] for role, bus in buses.items()}
            self._add(sounds, {role: self.grids[role].of_block(bus, step.start, part) for role, bus in buses.items()})
        return _Made(sounds, curve)

    def _add(self, sounds: Mapping[str, list[Sound]], buses: Mapping[Role, Block]) -> None:
        for row in self.rows:
            total = sum_of(buses, row.roles)
            packed = packed_at_once(total) if self.bits == _FASTEST_BITS else None
            sounds[row.name].append(total if packed is None else packed.data)

    def _copied(self, span: Span) -> _Made:
        """Take a span out of earlier prints."""
        if self.kept is None:
            raise ValueError("there are no earlier prints")
        return _Made({row.name: self.kept.read(row.name, span) for row in self.rows})
