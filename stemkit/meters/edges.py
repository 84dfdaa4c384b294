"""How a sound begins and ends: softly, or in the middle of a wave."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stemkit.meters._content import Content

VERSION = 1


@dataclass(frozen=True, slots=True)
class Edges:
    """First and last sample and the level around them in dBFS; `None` for exact zero."""

    head_dbfs: float | None = None
    tail_dbfs: float | None = None
    head_level_dbfs: float | None = None
    tail_level_dbfs: float | None = None


RESULT = Edges


def _dbfs(value: float) -> float | None:
    return 20.0 * math.log10(value) if value > 0.0 else None


def read_content(content: Content) -> Edges:
    """Return how a sound begins and ends."""
    return Edges(*map(_dbfs, (content.head_peak, content.tail_peak, content.head_level, content.tail_level)))
