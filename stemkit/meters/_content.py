"""What the content scan keeps: a sound in the coarse, for questions about what it is rather than how loud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

VERSION = 8
RATE_HZ = 12_000
"""Rate of the sketch, a mono mix, on which everything but the finest things is found."""
FRAME, HOP = 1024, 512
FRAMES_PER_SECOND = RATE_HZ / HOP
PRINT_BANDS = 33
MEL_BANDS = 24
WALL_BANDS = 128
MAINS_HZ = (50.0, 60.0)
HARMONICS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The facts of one content scan; ``f`` frames of 85 ms, every 43 ms.

    Parameters
    ----------
    levels_db
        Level of each frame of the sketch in dBFS (RMS); −200 in silence.
    bands_db
        Level in 24 bands, evenly spaced by ear from 60 Hz to 5.5 kHz, shape ``(f, 24)``.
    pitch_hz, pitch_strength
        Best period between 70 and 400 Hz, and its normalised correlation.
    print_bits
        A fingerprint of 32 bits a frame.
    peak_hz, peak_share
        Strongest spectral line of each frame and its share of the power.
    spectra_db
        Spectra of loud moments at the file's own rate, in 128 even bands up to half of it, shape ``(s, 128)``.
    walls
        Where the spectrum of a moment of 20 ms falls most, in Hz, and how far in dB, shape ``(w, 2)``.
    mains_db, mains_above_db
        Level of the harmonics of 50 and 60 Hz every 0.34 s, and how far they stand above what lies beside them, shape
        ``(n, 2, 6)``.
    low_band
        Power of the left, of the right, and their product below 400 Hz, and both means, every 100 ms, shape ``(n, 5)``.
    gaps
        Rows of channel, start, length, level before and after, edges before and after: exact zeros inside sound.
    gap_count
        How many there were; no more than 256 are kept.
    clicks
        Rows of channel, sample, size, size of the largest thing around, height, step from before to behind, level
        before and behind.
    repeats
        Rows of start, length, times: stretches that come twice in a row, sample by sample.
    head_peak, tail_peak
        Largest value among the first and the last two samples of the file.
    head_level, tail_level
        Level (RMS) of the first and the last 20 ms.
    """

    sample_rate_hz: int
    channels: int
    length_samples: int
    levels_db: Singles
    bands_db: NDArray[np.float16]
    pitch_hz: Singles
    pitch_strength: Singles
    print_bits: NDArray[np.uint32]
    peak_hz: Singles
    peak_share: Singles
    spectra_db: Singles
    walls: Singles
    mains_db: Singles
    mains_above_db: Singles
    low_band: Floats
    gaps: Floats
    gap_count: int
    clicks: Floats
    click_count: int
    repeats: Floats
    head_peak: float
    tail_peak: float
    head_level: float
    tail_level: float

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as plain arrays, for keeping without pickle."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Content:
        """Bring back what `as_arrays` gave.

        Raises
        ------
        KeyError
            If something is missing, as in facts kept by another version.
        """
        values = {field.name: arrays[field.name] for field in fields(cls)}
        return cls(**{name: value if value.ndim else value.item() for name, value in values.items()})  # type: ignore[arg-type]

    def seconds_of(self, frame: int) -> float:
        """Return where a frame begins."""
        return frame / FRAMES_PER_SECOND
