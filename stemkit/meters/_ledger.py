"""What one pass over a sound keeps: everything that readings are made of, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from stemkit.core.layout import LAYOUTS, Layout

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELLS_PER_SECOND = 100
WINDOWS_PER_SECOND = 10


_PAIRS = (("L", "R"), ("Ls", "Rs"), ("Lss", "Rss"), ("Lrs", "Rrs"), ("Ltf", "Rtf"), ("Ltr", "Rtr"))


def left_right_pairs(layout: Layout | None, channels: int) -> tuple[tuple[int, int], ...]:
    """Return the columns of left and right channels that belong together; two unnamed channels are taken as a pair."""
    if layout is None:
        return ((0, 1),) if channels == 2 else ()
    at = {label: i for i, label in enumerate(layout.labels)}
    return tuple((at[a], at[b]) for a, b in _PAIRS if a in at and b in at)


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The facts of one scan. Arrays are read only; ``c`` is the number of channels.

    Parameters
    ----------
    layout
        `None` where the order of channels is not known: there is no loudness then.
    cells
        Sum of the K-weighted squares of every whole 10 ms, added over channels by their weights.
    cell_rate_hz
        Sample rate of ``cells``: 48 kHz where the sound had to be resampled for loudness.
    power, peak
        Sum of squares and largest magnitude of each 100 ms (the last one may be shorter), shape ``(n, c)``.
    cross
        Sum of the products of each left-right pair in each 100 ms, shape ``(n, pairs)``.
    true_peak_curve, true_peak_curve_at
        Largest true peak in each 100 ms and where (in eighths of a sample or what ``oversampling`` says), shape
        ``(n, c)``; empty unless asked for.
    totals
        Sum of the samples of each channel.
    sample_peak, sample_peak_at, true_peak, true_peak_at
        By channel; places of true peaks count ``oversampling`` steps a sample.
    zero_runs
        Rows of channel, start, length: runs of exact zeros of `MIN_ZERO_RUN` samples or more.
    flat_runs, flat_levels
        Runs of three or more equal values above −20 dBFS, and those values.
    first_sound, last_sound
        By channel, first and last sample that is not zero; −1 in digital silence.
    low_bits
        By channel, all sample values (times 2**31) joined by OR; 0 in digital silence.
    is_on_grid
        Whether every sample is a multiple of 2**-31.
    """

    sample_rate_hz: int
    channels: int
    layout: Layout | None
    length_samples: int
    cell_rate_hz: int
    oversampling: int
    cells: Floats
    power: Floats
    peak: Floats
    cross: Floats
    true_peak_curve: Floats
    true_peak_curve_at: Ints
    totals: Floats
    sample_peak: Floats
    sample_peak_at: Ints
    true_peak: Floats
    true_peak_at: Ints
    zero_runs: Ints
    flat_runs: Ints
    flat_levels: Floats
    flat_run_count: int
    first_sound: Ints
    last_sound: Ints
    over_full_scale_samples: int
    non_finite_samples: int
    first_non_finite_at_samples: int
    low_bits: Ints
    is_on_grid: bool
    digest: str

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.length_samples / self.sample_rate_hz

    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Return the channels behind the columns of ``cross``."""
        return left_right_pairs(self.layout, self.channels)

    def cell_start(self, cell: int) -> int:
        """Return the first sample of a 10 ms cell, at the sound's own rate: ``round(cell × rate / 100)``."""
        return (2 * cell * self.sample_rate_hz + CELLS_PER_SECOND) // (2 * CELLS_PER_SECOND)

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as plain arrays, for keeping without pickle."""
        kept: dict[str, NDArray[np.generic]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Layout) or value is None:
                value = "" if value is None else value.name
            kept[field.name] = np.asarray(value)
        return kept

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Ledger:
        """Bring back what `as_arrays` gave.

        Raises
        ------
        KeyError
            If something is missing, as in facts kept by another version.
        """
        values: dict[str, object] = {}
        for field in fields(cls):
            array = arrays[field.name]
            values[field.name] = array if array.ndim else array.item()
        values["layout"] = LAYOUTS[str(values["layout"])] if values["layout"] else None
        return cls(**values)  # type: ignore[arg-type]
