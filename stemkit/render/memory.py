"""What earlier runs measured of stretches of the film, at unity gain: only those that are new are rendered.

A stretch is measured on its own, from its own run-in, so what is kept of it does not depend on the film around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.timebase import Span
from stemkit.kernels.scan import F64
from stemkit.meters._gather import Gathered, Setup
from stemkit.meters._meter import meter_versions
from stemkit.meters._segments import scan_segments
from stemkit.plan.routing import PrintRow
from stemkit.plan.stretches import Sounds
from stemkit.store.facts import FactStore

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Memory:
    """The store, and what identifies the sounds of a timeline's files."""

    store: FactStore
    sounds: Sounds

    def recall(self, recipe: str, row: PrintRow, kind: str) -> Arrays | None:
        """Return what is kept of a stretch of a print."""
        return self.store.get_arrays(recipe, _key(row, kind), meter_versions())

    def keep(self, recipe: str, row: PrintRow, kind: str, arrays: Arrays) -> None:
        """Keep what was found of a stretch of a print."""
        self.store.put_arrays(recipe, _key(row, kind), meter_versions(), arrays)


def _key(row: PrintRow, kind: str) -> str:
    return f"{kind} of {' + '.join(role.value for role in row.roles)}"


def gathered(arrays: Arrays) -> Gathered:
    """Bring back what was gathered of a stretch; raises `KeyError` if something is missing."""
    return Gathered(**{field.name: arrays[field.name] for field in fields(Gathered)})  # type: ignore[arg-type]


def as_arrays(part: Gathered) -> dict[str, NDArray[np.generic]]:
    """Return what was gathered as plain arrays."""
    return {field.name: getattr(part, field.name) for field in fields(Gathered)}


class StretchScanner:
    """A sink that scans stretches one by one, from the run-in of the first on.

    Parameters
    ----------
    spans
        Stretches that follow one another.
    length
        Of the film.
    found
        Is told what was gathered of each, with its place in ``spans``.
    """

    def __init__(self, plan: Setup, spans: Sequence[Span], length: int, found: Callable[[int, Gathered], None]) -> None:
        self._plan, self._spans, self._length, self._found = plan, spans, length, found
        whole = -(-max(span.length for span in spans) // plan.segment) * plan.segment
        # What ends with the film may ring on into one more segment.
        self._buffer = np.zeros((plan.run_in + whole + plan.segment, plan.channels))
        self._filled = max(0, plan.run_in - spans[0].start)
        self._at = 0

    def push(self, block: Block) -> None:
        """Take the next samples."""
        done = 0
        while done < len(block):
            full = self._plan.run_in + self._spans[self._at].length
            part = block[done : done + full - self._filled]
            self._buffer[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            done += len(part)
            if self._filled == full:
                self._next()

    def _next(self) -> None:
        plan, span = self._plan, self._spans[self._at]
        first, run_in = span.start // plan.segment, plan.run_in
        is_last = span.end == self._length
        lanes = (plan.segments(self._length) if is_last else span.end // plan.segment) - first
        self._buffer[self._filled :] = 0.0
        packed, shared = self._buffer.reshape(-1).view(np.uint8), np.zeros(plan.channels)
        part = scan_segments(plan, packed, F64, span.start - run_in, self._length, first, lanes, shared)
        self._found(self._at, part)
        self._buffer[:run_in] = self._buffer[span.length : span.length + run_in].copy()
        self._filled = run_in
        self._at += 1
