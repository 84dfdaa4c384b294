"""LUD008: the RMS level is out of the profile's bounds."""

from __future__ import annotations

from stemkit.core.profile_figures import RmsLimit
from stemkit.meters.levels import Levels
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value, needs_on_all


class Rms(LimitRule[RmsLimit]):
    """The unweighted RMS of a sound stays within the profile's bounds."""

    code = "LUD008"
    name = "rms"
    key = "rms"
    conditions = ("too_high", "too_low", "skip_not_published", "skip_undefined")
    wants = needs_on_all(Levels)

    def value_of(self, sound: Sound, limit: RmsLimit) -> Value:
        """Return the RMS of a sound."""
        reading = sound.measured.get(Levels)
        if reading is None:
            return Value(None)
        return Value(reading.rms_dbfs, None if reading.rms_dbfs is not None else "digital silence")
