"""What earlier runs measured of stretches of the film, at unity gain: only those that are new are rendered.

A stretch is measured on its own, from its own run-in, so what is kept of it does not depend on the film around it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import Role
from stemkit.core.timebase import Span
from stemkit.meters._gather import Gathered
from stemkit.meters._meter import meter_versions
from stemkit.plan.routing import PrintRow
from stemkit.plan.stretches import Sounds, recipes, stretches
from stemkit.plan.timeline import Timeline
from stemkit.store.facts import FactStore

Arrays = Mapping[str, NDArray[np.generic]]
SHELF_VERSION = 1
"""Raised when the same question about a span of film gets another answer."""
_SHELF, _WRITTEN = "found of a span", "written"


@dataclass(frozen=True, slots=True)
class Memory:
    """The store, and what identifies the sounds of a timeline's files.

    What a run finds is held until somebody has seen that no file changed meanwhile (`settle`).
    """

    store: FactStore
    sounds: Sounds
    _found: dict[tuple[str, str], Arrays] = field(default_factory=dict)

    def recall(self, recipe: str, row: PrintRow | None, kind: str) -> Arrays | None:
        """Return what is known of a stretch, or of a print there."""
        found = self._found.get((recipe, _key(row, kind)))
        return self.store.get_arrays(recipe, _key(row, kind), meter_versions()) if found is None else found

    def keep(self, recipe: str, row: PrintRow | None, kind: str, arrays: Arrays) -> None:
        """Hold what was found of a stretch, or of a print there."""
        self._found[recipe, _key(row, kind)] = arrays

    def settle(self) -> None:
        """Keep what was found for other runs."""
        for (recipe, key), arrays in self._found.items():
            self.store.put_arrays(recipe, key, meter_versions(), arrays)
        self._found.clear()


@dataclass(frozen=True, slots=True)
class PrintParts:
    """What was measured of the stretches of a print, in the file.

    A stretch that was copied from an earlier print, byte for byte, is known from when it was measured there.

    Parameters
    ----------
    made_of
        Digests of all that decides what the print holds in each stretch.
    is_copied
        Which stretches were copied.
    """

    memory: Memory
    row: PrintRow
    segments: int
    made_of: Sequence[str]
    is_copied: Sequence[bool]

    def recall(self, part: int) -> Gathered | None:
        """Return what is known of a stretch."""
        if part >= len(self.made_of) or not self.is_copied[part]:
            return None
        kept = self.memory.recall(self.made_of[part], self.row, _WRITTEN)
        try:
            return None if kept is None else gathered(kept)
        except KeyError:
            return None

    def keep(self, part: int, found: Gathered) -> None:
        """Hold what was found of a stretch."""
        if part < len(self.made_of):
            self.memory.keep(self.made_of[part], self.row, _WRITTEN, as_arrays(found))


class Shelf:
    """What is known of spans of a film: each lies under the recipes of the stretches that it is made of.

    Parameters
    ----------
    about
        What is kept, and of what prints, as plain data.
    """

    def __init__(
        self, timeline: Timeline, channels: int, roles: Sequence[Role], memory: Memory, about: list[Any]
    ) -> None:
        self._memory, self._about = memory, about
        self._spans = stretches(timeline, channels)
        self._recipes = recipes(timeline, channels, roles, memory.sounds)

    def recall(self, span: Span, asked: list[Any]) -> Arrays | None:
        """Return what is known of a span, if the same was asked then."""
        return self._memory.recall(self._key(span, asked), None, _SHELF)

    def keep(self, span: Span, asked: list[Any], arrays: Arrays) -> None:
        """Hold what was found of a span."""
        self._memory.keep(self._key(span, asked), None, _SHELF, arrays)

    def _key(self, span: Span, asked: list[Any]) -> str:
        reach = [recipe for part, recipe in zip(self._spans, self._recipes, strict=True) if part.overlap(span)]
        made_of = json.dumps([SHELF_VERSION, span.start, span.end, reach, self._about, asked])
        return hashlib.blake2b(made_of.encode(), digest_size=12).hexdigest()


def _key(row: PrintRow | None, kind: str) -> str:
    return kind if row is None else f"{kind} of {' + '.join(role.value for role in row.roles)}"


def gathered(arrays: Arrays) -> Gathered:
    """Bring back what was gathered of a stretch; raises `KeyError` if something is missing."""
    return Gathered(**{field.name: arrays[field.name] for field in fields(Gathered)})  # type: ignore[arg-type]


def as_arrays(part: Gathered) -> dict[str, NDArray[np.generic]]:
    """Return what was gathered as plain arrays."""
    return {field.name: getattr(part, field.name) for field in fields(Gathered)}
