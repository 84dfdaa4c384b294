"""What earlier runs measured of stretches of the film, at unity gain: only those that are new are rendered.

A stretch is measured on its own, from its own run-in, so what is kept of it does not depend on the film around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from stemkit.meters._gather import Gathered
from stemkit.meters._meter import meter_versions
from stemkit.plan.routing import PrintRow
from stemkit.plan.stretches import Sounds
from stemkit.store.facts import FactStore

Arrays = Mapping[str, NDArray[np.generic]]


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


def _key(row: PrintRow | None, kind: str) -> str:
    return kind if row is None else f"{kind} of {' + '.join(role.value for role in row.roles)}"


def gathered(arrays: Arrays) -> Gathered:
    """Bring back what was gathered of a stretch; raises `KeyError` if something is missing."""
    return Gathered(**{field.name: arrays[field.name] for field in fields(Gathered)})  # type: ignore[arg-type]


def as_arrays(part: Gathered) -> dict[str, NDArray[np.generic]]:
    """Return what was gathered as plain arrays."""
    return {field.name: getattr(part, field.name) for field in fields(Gathered)}
