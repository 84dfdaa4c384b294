"""What is heard where nobody speaks: the noise floor of a voice in its pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._content import Content

VERSION = 1
_SILENT_DB = -110.0
_FEWEST_FRAMES = 24
_FLAT_DB = 4.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """The floor of a sound.

    Parameters
    ----------
    floor_dbfs
        Level (RMS below 5.5 kHz) of the quietest twentieth of the time, where it is the same throughout; `None` where
        pauses are digital silence or differ.
    sound_dbfs
        Level of the loud moments.
    """

    floor_dbfs: float | None = None
    sound_dbfs: float | None = None


RESULT = Pauses


def read_content(content: Content) -> Pauses:
    """Return the floor: a level that the sound falls to again and again, and never below."""
    levels = content.levels_db[content.levels_db > _SILENT_DB]
    if len(levels) < _FEWEST_FRAMES:
        return Pauses()
    lowest, low, loud = np.percentile(levels, (2, 10, 95))
    if len(levels) < 0.98 * len(content.levels_db) or low - lowest > _FLAT_DB:
        return Pauses(None, float(loud))
    return Pauses(float(np.percentile(levels, 5)), float(loud))
