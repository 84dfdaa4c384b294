"""LUD005: the loudest 400 ms are louder than the profile allows."""

from __future__ import annotations

from stemkit.core.profile_figures import LevelLimit
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value, needs_on_all


class MaxMomentary(LimitRule[LevelLimit]):
    """Momentary loudness stays under the profile's ceiling."""

    code = "LUD005"
    name = "max_momentary"
    key = "max_momentary"
    wants = needs_on_all(Loudness)

    def value_of(self, sound: Sound, limit: LevelLimit) -> Value:
        """Return the largest momentary loudness of a sound."""
        reading = sound.measured.get(Loudness)
        if reading is None:
            return Value(None)
        return Value(
            reading.max_momentary_lufs, reading.undefined.get("max_momentary_lufs"), reading.max_momentary_at_samples
        )
