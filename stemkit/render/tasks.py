"""A film cut into tasks of a few seconds that are printed on their own, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from stemkit.core.timebase import Span
from stemkit.plan.timeline import Timeline
from stemkit.render.kept import Kept
from stemkit.render.limited import Chunk, Windows, chunks, reach_of, surroundings

Way = Literal["copied", "plain", "limited"]
_TASK_S = 4
_AROUND_WORK_S = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """A few seconds of film, and how they are made.

    Parameters
    ----------
    way
        Copied from earlier prints; with one gain for all of it; with a limiter at work.
    start
        From where it is rendered.
    """

    span: Span
    way: Way
    start: int

    def reach(self, timeline: Timeline) -> Span:
        """Return what is read for it."""
        return self.span if self.way == "plain" else reach_of(Chunk(self.span, self.start), timeline)


def tasks_of(
    timeline: Timeline, whole: Span, kept: Kept | None, is_limited: bool, at_work: Windows | None
) -> Iterator[Task]:
    """Yield the tasks of a span of film in order.

    Parameters
    ----------
    kept
        What is copied instead of rendered.
    is_limited, at_work
        Whether there is a limiter, and in which windows of 100 ms it turns down; it may anywhere if that is not known.
    """
    rate_hz, length = timeline.sample_rate_hz, timeline.length_samples
    active: Sequence[Span] = [whole] if is_limited else []
    if is_limited and at_work is not None:
        active = surroundings(at_work, rate_hz, length, _AROUND_WORK_S, _AROUND_WORK_S)
    for piece, is_right in [(whole, False)] if kept is None else kept.pieces():
        if is_right:
            yield from _in_steps(piece, "copied", rate_hz)
        else:
            yield from _rendered(piece, active, rate_hz)


def _rendered(piece: Span, active: Sequence[Span], rate_hz: int) -> Iterator[Task]:
    done = piece.start
    for span in active:
        if (part := span.overlap(piece)) is None:
            continue
        yield from _in_steps(Span(done, part.start), "plain", rate_hz)
        for chunk in chunks([Span(span.start, part.end)], rate_hz):
            if inside := chunk.span.overlap(part):
                yield Task(inside, "limited", chunk.start)
        done = part.end
    yield from _in_steps(Span(done, piece.end), "plain", rate_hz)


def _in_steps(span: Span, way: Way, rate_hz: int) -> Iterator[Task]:
    for at in range(span.start, span.end, _TASK_S * rate_hz):
        yield Task(Span(at, min(at + _TASK_S * rate_hz, span.end)), way, at)
