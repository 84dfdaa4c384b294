"""Plain levels without weighting: RMS, noise floor, DC and correlation, as audiobook and broadcast checks ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.units import db_from_amplitude, db_from_power
from stemkit.meters._ledger import Floats, Ledger

VERSION = 1
_FLOOR_WINDOWS = 5
_HEARD = 1e-9  # mean square (−90 dBFS) below which a correlation is that of noise


@dataclass(frozen=True, slots=True)
class Levels:
    """Unweighted levels of the whole sound; `None` where there is only digital silence.

    Parameters
    ----------
    rms_dbfs
        RMS over all channels and samples, ungated, relative to a square wave of full scale.
    noise_floor_dbfs
        RMS of the quietest 500 ms that is not digital silence.
    per_channel_rms_dbfs, per_channel_dc
        By channel; DC as a fraction of full scale, with its sign.
    min_correlation
        Smallest correlation of a left-right pair in any 100 ms that is loud enough, −1 to 1.
    mean_correlation
        Correlation of all pairs over the whole sound.
    """

    rms_dbfs: float | None
    noise_floor_dbfs: float | None
    per_channel_rms_dbfs: tuple[float | None, ...]
    per_channel_dc: tuple[float, ...]
    max_dc_dbfs: float | None
    min_correlation: float | None
    mean_correlation: float | None


RESULT = Levels


def read(ledger: Ledger) -> Levels:
    """Return the levels of the whole sound."""
    length = max(1, ledger.length_samples)
    total = ledger.power.sum(axis=0)
    dc = ledger.totals / length
    smallest, mean = _correlation(ledger)
    return Levels(
        rms_dbfs=db_from_power(float(total.sum()) / (length * ledger.channels)),
        noise_floor_dbfs=_noise_floor(ledger),
        per_channel_rms_dbfs=tuple(db_from_power(float(power) / length) for power in total),
        per_channel_dc=tuple(float(value) for value in dc),
        max_dc_dbfs=db_from_amplitude(float(np.abs(dc).max(initial=0.0))),
        min_correlation=smallest,
        mean_correlation=mean,
    )


def _noise_floor(ledger: Ledger) -> float | None:
    whole = ledger.length_samples * 10 // ledger.sample_rate_hz
    power = ledger.power[:whole].sum(axis=1)
    if len(power) < _FLOOR_WINDOWS:
        return None
    spans = np.lib.stride_tricks.sliding_window_view(power, _FLOOR_WINDOWS).sum(axis=1)
    heard = spans[spans > 0.0]
    samples = _FLOOR_WINDOWS * ledger.sample_rate_hz / 10 * ledger.channels
    return db_from_power(float(heard.min()) / samples) if len(heard) else None


def correlation_curve(ledger: Ledger) -> list[float | None]:
    """Return the correlation of all left-right pairs in each 100 ms; `None` where it is too quiet to say."""
    values, is_heard = _windowed(ledger)
    return [value if heard else None for value, heard in zip(values.tolist(), is_heard.tolist(), strict=True)]


def _windowed(ledger: Ledger) -> tuple[Floats, NDArray[np.bool_]]:
    left, right = _pair_powers(ledger)
    product = np.sqrt(left * right)
    floor = _HEARD * ledger.sample_rate_hz / 10
    heard = product > floor
    return ledger.cross.sum(axis=1) / np.where(heard, product, 1.0), heard


def _pair_powers(ledger: Ledger) -> tuple[Floats, Floats]:
    pairs = ledger.pairs()
    if not pairs:
        return np.zeros(len(ledger.power)), np.zeros(len(ledger.power))
    left = ledger.power[:, [pair[0] for pair in pairs]].sum(axis=1)
    right = ledger.power[:, [pair[1] for pair in pairs]].sum(axis=1)
    return left, right


def _correlation(ledger: Ledger) -> tuple[float | None, float | None]:
    values, heard = _windowed(ledger)
    if not heard.any():
        return None, None
    left, right = _pair_powers(ledger)
    mean = float(ledger.cross.sum() / np.sqrt(left.sum() * right.sum()))
    return float(np.clip(values[heard].min(), -1.0, 1.0)), float(np.clip(mean, -1.0, 1.0))
