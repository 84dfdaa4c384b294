"""LEN011: the sound is longer than the profile takes."""

from __future__ import annotations

from stemkit.core.facts import Need, StreamOf
from stemkit.core.profile_figures import DurationLimit
from stemkit.meters.sample_peak import SamplePeak
from stemkit.rules._base import Sound, Topic
from stemkit.rules._limits import LimitRule, Value


class Duration(LimitRule[DurationLimit]):
    """Stems, chapters and prints are no longer than the profile takes."""

    code = "LEN011"
    name = "duration"
    topic = Topic.LENGTH
    key = "duration"
    wants = (Need(StreamOf.PRINT, SamplePeak),)

    def value_of(self, sound: Sound, limit: DurationLimit) -> Value:
        """Return the length of a sound in seconds."""
        if sound.length_samples is None:
            return Value(None, "its length is not known")
        return Value(sound.length_samples / sound.sample_rate_hz)
