"""LUD011: the noise floor is above the profile's limit."""

from __future__ import annotations

from stemkit.core.profile_figures import RmsLimit
from stemkit.meters.levels import Levels
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value, needs_on_all


class NoiseFloor(LimitRule[RmsLimit]):
    """The quietest half second is no louder than the profile allows."""

    code = "LUD011"
    name = "rms_noise_floor"
    key = "noise_floor"
    wants = needs_on_all(Levels)

    def value_of(self, sound: Sound, limit: RmsLimit) -> Value:
        """Return the RMS of the quietest half second."""
        reading = sound.measured.get(Levels)
        if reading is None:
            return Value(None)
        return Value(
            reading.noise_floor_dbfs, None if reading.noise_floor_dbfs is not None else "nothing but digital silence"
        )
