"""PEK004: the largest sample is above the profile's limit."""

from __future__ import annotations

from stemkit.core.profile_figures import SamplePeakLimit
from stemkit.meters.sample_peak import SamplePeak
from stemkit.rules._base import Sound
from stemkit.rules._limits import LimitRule, Value, needs_on_all


class MaxSamplePeak(LimitRule[SamplePeakLimit]):
    """Samples stay under the limit of documents that speak of samples rather than true peaks."""

    code = "PEK004"
    name = "sample_peak"
    key = "sample_peak"
    wants = needs_on_all(SamplePeak)

    def value_of(self, sound: Sound, limit: SamplePeakLimit) -> Value:
        """Return the sample peak of a sound."""
        reading = sound.measured.get(SamplePeak)
        if reading is None:
            return Value(None)
        return Value(reading.max_dbfs, None if reading.max_dbfs is not None else "digital silence", reading.at_samples)
