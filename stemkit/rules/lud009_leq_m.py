"""LUD009: Leq(m) is above the profile's ceiling."""

from __future__ import annotations

from stemkit.core.facts import Need, StreamOf
from stemkit.core.profile_figures import LeqMLimit
from stemkit.meters.leq_m import LeqM
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value


class LeqMLevel(LimitRule[LeqMLimit]):
    """The M-weighted level of trailers and cinema adverts stays under the ceiling."""

    code = "LUD009"
    name = "leq_m"
    key = "leq_m"
    wants = (Need(StreamOf.PRINT, LeqM),)

    def value_of(self, sound: Sound, limit: LeqMLimit) -> Value:
        """Return Leq(m) of a sound."""
        length, longest = sound.length_samples, limit.max_length_s
        if longest is not None and length is not None and length > longest * sound.sample_rate_hz:
            return Value(None, f"Leq(m) is defined for sound of up to {longest:g} s")
        reading = sound.measured.get(LeqM)
        if reading is None:
            return Value(None)
        return Value(reading.leq_m_db, None if reading.leq_m_db is not None else "digital silence")
