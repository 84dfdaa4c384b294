"""LUD007: the programme is too far above its dialogue."""

from __future__ import annotations

from stemkit.core.facts import Need, StreamOf
from stemkit.core.profile_figures import LdrLimit
from stemkit.meters.dialogue import Dialogue
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value


class LoudnessToDialogue(LimitRule[LdrLimit]):
    """Programme loudness minus dialogue loudness stays under the profile's limit."""

    code = "LUD007"
    name = "ldr"
    key = "ldr"
    wants = (Need(StreamOf.PRINT, Dialogue),)

    def value_of(self, sound: Sound, limit: LdrLimit) -> Value:
        """Return programme loudness minus dialogue loudness."""
        reading = sound.measured.get(Dialogue)
        if reading is None:
            return Value(None)
        return Value(reading.ldr_lu, reading.undefined.get("ldr_lu"))
