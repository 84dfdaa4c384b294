"""Sample peak: the largest sample, by channel, and samples beyond full scale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Stream
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

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as plain arrays, for keeping without pickle."""
        return {"sample_peak": np.asarray(json.dumps(asdict(self)))}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> SamplePeak:
        """Bring back what `as_arrays` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        kept = json.loads(str(arrays["sample_peak"].item()))
        return cls(**{**kept, "per_channel_dbfs": tuple(kept["per_channel_dbfs"])})


RESULT = SamplePeak


def read(ledger: Ledger) -> SamplePeak:
    """Return the sample peak of the whole sound."""
    levels = tuple(db_from_amplitude(float(value)) for value in ledger.sample_peak)
    largest = float(ledger.sample_peak.max(initial=0.0))
    if largest <= 0.0:
        return SamplePeak(None, None, levels, 0, 0.0)
    at = int(ledger.sample_peak_at[ledger.sample_peak == largest].min())
    return SamplePeak(db_from_amplitude(largest), at, levels, ledger.over_full_scale_samples, largest)


def peak_of(stream: Stream) -> SamplePeak:
    """Return the same of a sound that is measured for nothing else."""
    largest, at, over, position = np.zeros(0), np.zeros(0, np.int64), 0, 0
    for block in stream:
        magnitude = np.abs(block)
        peaks = magnitude.max(axis=0, initial=0.0)
        if not len(largest):
            largest, at = np.zeros(block.shape[1]), np.zeros(block.shape[1], np.int64)
        for channel in np.flatnonzero(peaks > largest):
            at[channel] = position + int(magnitude[:, channel].argmax())
        largest = np.maximum(largest, peaks)
        over += int((magnitude > 1.0).sum()) if peaks.max(initial=0.0) > 1.0 else 0
        position += len(block)
    levels = tuple(db_from_amplitude(float(value)) for value in largest)
    most = float(largest.max(initial=0.0))
    if most <= 0.0:
        return SamplePeak(None, None, levels, 0, 0.0)
    return SamplePeak(db_from_amplitude(most), int(at[largest == most].min()), levels, over, most)
