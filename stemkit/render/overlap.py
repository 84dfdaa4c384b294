"""How alike the two sides of a crossfade are, measured on the sound that will be faded."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np

from stemkit.core.block import Block
from stemkit.core.film import Role
from stemkit.core.mix_facts import JoinFacts
from stemkit.core.timebase import Span
from stemkit.plan.stretches import Sounds
from stemkit.plan.timeline import Line, Placement, Timeline
from stemkit.render.buses import Work
from stemkit.render.track import role_blocks

VERSION = 1
"""Raised when the same overlap gives another correlation."""
_CELLS_PER_SECOND = 100
_HEARD_POWER = 10.0 ** (-60.0 / 10.0)
_HEARD_CELLS = 10  # 100 ms
_BATCH_CELLS = 100
_KEPT = "correlation of an overlap"
_PLAIN = Work()


def measure_correlations(
    timeline: Timeline, channels: int, work: Work = _PLAIN
) -> dict[tuple[int, Role], float | None]:
    """Measure the joins whose law is ``auto``, as far as that is not known from earlier runs.

    Returns
    -------
    dict
        For each join its correlation at lag zero, over all channels, clamped to 0 … 1; `None` where a side
        holds less than 100 ms of sound above -60 dBFS.
    """
    return {
        (join.after, join.role): _known_or_measured(_Overlap.of(timeline, join, channels), work)
        for join in timeline.joins
        if join.law == "auto" and not join.degraded and join.before_samples + join.after_samples
    }


@dataclass(frozen=True, slots=True)
class _Overlap:
    """What both sides of a join play where they overlap, unfaded."""

    leaving: Sequence[Line]
    entering: Sequence[Line]
    length: int
    channels: int
    rate_hz: int

    @classmethod
    def of(cls, timeline: Timeline, join: JoinFacts, channels: int) -> _Overlap:
        span = Span(join.at_samples - join.before_samples, join.at_samples + join.after_samples)
        lines = timeline.lines[join.role]
        leaving = [_alone(line, span, is_leaving=True, after=join.after) for line in lines]
        entering = [_alone(line, span, is_leaving=False, after=join.after) for line in lines]
        return cls(leaving, entering, span.length, channels, timeline.sample_rate_hz)

    def recipe(self, sounds: Sounds) -> str:
        """Return a digest of all that the correlation depends on."""
        sides = [
            [
                [sounds[each.source.path], astuple(each.span_in_file), each.start_in_film]
                for line in side
                for each in line
            ]
            for side in (self.leaving, self.entering)
        ]
        made_of = [VERSION, self.rate_hz, self.channels, self.length, *sides]
        return hashlib.blake2b(json.dumps(made_of).encode(), digest_size=12).hexdigest()


def _known_or_measured(overlap: _Overlap, work: Work) -> float | None:
    memory = work.memory
    recipe = overlap.recipe(memory.sounds) if memory is not None else ""
    kept = memory.recall(recipe, None, _KEPT) if memory is not None else None
    if kept is not None and "correlation" in kept:
        value = float(kept["correlation"])
        return None if math.isnan(value) else value
    if work.ready is not None:
        work.ready(each.source.path for side in (overlap.leaving, overlap.entering) for line in side for each in line)
    found = _correlation(overlap)
    if memory is not None:
        memory.keep(recipe, None, _KEPT, {"correlation": np.asarray(math.nan if found is None else found)})
    return found


def _correlation(overlap: _Overlap) -> float | None:
    cell = overlap.rate_hz // _CELLS_PER_SECOND
    power = np.zeros(2)
    heard = np.zeros(2, dtype=np.int64)
    product = 0.0
    for one, other in _pairs(overlap.leaving, overlap.entering, overlap.length, overlap.channels, cell):
        product += float(np.sum(one * other))
        for side, block in enumerate((one, other)):
            power[side] += float(np.sum(block * block))
            heard[side] += _cells_heard(block, cell)
    if heard.min() < _HEARD_CELLS:
        return None
    return min(1.0, max(0.0, product / math.sqrt(float(power[0] * power[1]))))


def _alone(line: Line, span: Span, *, is_leaving: bool, after: int) -> Line:
    """Return what one side plays in the span of a fade, unfaded, as a line that starts with the span."""
    return tuple(
        replace(placement, start_in_film=placement.start_in_film - span.start, fade_in=None, fade_out=None)
        for placement in (_cut(placement, span) for placement in line if (placement.chapter == after) is is_leaving)
        if placement is not None
    )


def _cut(placement: Placement, span: Span) -> Placement | None:
    part = placement.span_in_film.overlap(span)
    if part is None:
        return None
    in_file = part.shift(placement.span_in_file.start - placement.start_in_film)
    return replace(placement, span_in_file=in_file, start_in_film=part.start)


def _pairs(
    leaving: Sequence[Line], entering: Sequence[Line], length: int, channels: int, cell: int
) -> Iterator[tuple[Block, Block]]:
    # Blocks of one fixed length, so that the sums do not depend on how the mix is rendered.
    sides = (role_blocks(lines, length, channels, _BATCH_CELLS * cell) for lines in (leaving, entering))
    yield from zip(*sides, strict=True)


def _cells_heard(block: Block, cell: int) -> int:
    whole = len(block) // cell * cell
    power = (block[:whole] ** 2).reshape(-1, cell * block.shape[1]).mean(axis=1)
    return int(np.count_nonzero(power > _HEARD_POWER))
