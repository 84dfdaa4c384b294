"""The one constant gain that brings a stem to the level that a profile states for it."""

from __future__ import annotations

import math

from stemkit.core.facts import FilmFacts, StemFacts
from stemkit.core.layout import MONO, STEREO
from stemkit.core.steps import ApplyGain, Step
from stemkit.rules._base import Sound, profile_layout

_TWO_SIDES_LU = 10.0 * math.log10(2.0)


def gain_to(sound: Sound, level_lufs: float, target_lufs: float, film: FilmFacts) -> tuple[Step, ...]:
    """Return the gain for a stem; none where nobody can know how loud it is once it has the profile's channels."""
    stem = _stem_of(sound, film)
    if sound.of != "stem" or stem is None or stem.media is None:
        return ()
    layout, wanted = stem.media.layout, profile_layout(film)
    if layout == MONO and wanted == STEREO:
        level_lufs += _TWO_SIDES_LU + film.profile.format.mono_to_stereo_db
    elif layout != wanted:
        return ()
    return (ApplyGain(round(target_lufs - level_lufs, 2)),)


def _stem_of(sound: Sound, film: FilmFacts) -> StemFacts | None:
    where = sound.where
    stems = (stem for one in film.chapters if one.chapter.number == where.chapter for stem in one.stems)
    return next((stem for stem in stems if (stem.stem.role, stem.stem.path) == (where.role, where.path)), None)
