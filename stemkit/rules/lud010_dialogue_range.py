"""LUD010: the dialogue's own loudness range is wider than the profile allows."""

from __future__ import annotations

from stemkit.core.facts import Need, StreamOf
from stemkit.core.profile_figures import RangeLimit
from stemkit.meters.dialogue import Dialogue
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value


class DialogueRange(LimitRule[RangeLimit]):
    """The loudness range of the mix while somebody speaks stays within the profile's bounds."""

    code = "LUD010"
    name = "dialogue_range"
    key = "dialogue_range"
    conditions = ("too_high", "too_low", "skip_not_published", "skip_undefined")
    wants = (Need(StreamOf.PRINT, Dialogue),)

    def value_of(self, sound: Sound, limit: RangeLimit) -> Value:
        """Return the loudness range of the dialogue."""
        reading = sound.measured.get(Dialogue)
        if reading is None:
            return Value(None)
        return Value(reading.dialogue_range_lu, reading.undefined.get("dialogue_range_lu"))
