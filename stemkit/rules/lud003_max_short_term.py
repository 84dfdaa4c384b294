"""LUD003: the loudest three seconds are louder than the profile allows."""

from __future__ import annotations

from stemkit.core.profile_figures import LevelLimit
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value, needs_on_all


class MaxShortTerm(LimitRule[LevelLimit]):
    """Short-term loudness stays under the profile's ceiling."""

    code = "LUD003"
    name = "max_short_term"
    key = "max_short_term"
    wants = needs_on_all(Loudness)

    def value_of(self, sound: Sound, limit: LevelLimit) -> Value:
        """Return the largest short-term loudness of a sound."""
        reading = sound.measured.get(Loudness)
        if reading is None:
            return Value(None)
        return Value(
            reading.max_short_term_lufs,
            reading.undefined.get("max_short_term_lufs"),
            reading.max_short_term_at_samples,
        )
