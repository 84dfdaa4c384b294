"""LUD002: the loudness range is wider or narrower than the profile allows."""

from __future__ import annotations

from stemkit.core.profile_figures import RangeLimit
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value, needs_on_all


class ProgrammeRange(LimitRule[RangeLimit]):
    """The loudness range of the programme stays within the profile's bounds."""

    code = "LUD002"
    name = "loudness_range"
    key = "loudness_range"
    conditions = ("too_high", "too_low", "skip_not_published", "skip_undefined")
    wants = needs_on_all(Loudness)

    def value_of(self, sound: Sound, limit: RangeLimit) -> Value:
        """Return the loudness range of a sound."""
        reading = sound.measured.get(Loudness)
        if reading is None:
            return Value(None)
        return Value(reading.range_lu, reading.undefined.get("range_lu"))
