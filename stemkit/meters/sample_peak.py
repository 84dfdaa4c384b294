"""Sample peak: the largest sample, by channel, and samples beyond full scale."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.core.units import db_from_amplitude
from stemkit.meters._ledger import Ledger

VERSION = 1


@dataclass(frozen=True, slots=True)
class SamplePeak:
    """Sample peak in dBFS; `None` in digital silence. ``at_samples`` is its first place in any channel."""

    max_dbfs: float | None
    at_samples: int | None
    per_channel_dbfs: tuple[float | None, ...]
    over_full_scale_samples: int
    max_amplitude: float


RESULT = SamplePeak


def read(ledger: Ledger) -> SamplePeak:
    """Return the sample peak of the whole sound."""
    levels = tuple(db_from_amplitude(float(value)) for value in ledger.sample_peak)
    largest = float(ledger.sample_peak.max(initial=0.0))
    if largest <= 0.0:
        return SamplePeak(None, None, levels, 0, 0.0)
    at = int(ledger.sample_peak_at[ledger.sample_peak == largest].min())
    return SamplePeak(db_from_amplitude(largest), at, levels, ledger.over_full_scale_samples, largest)
