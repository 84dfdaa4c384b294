"""True peak: the largest value between samples too, by channel. ITU-R BS.1770-5 Annex 2, 8x with 48 taps a phase."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.core.units import db_from_amplitude
from stemkit.meters._ledger import Ledger

VERSION = 1


@dataclass(frozen=True, slots=True)
class TruePeak:
    """True peak in dBTP; `None` in digital silence.

    Parameters
    ----------
    max_dbtp, at_samples, channel
        The largest of all channels (the LFE is one of them), the sample at or before it, and its channel, from 0.
    """

    max_dbtp: float | None
    at_samples: int | None
    channel: int | None
    per_channel_dbtp: tuple[float | None, ...]
    max_amplitude: float = 0.0


RESULT = TruePeak


@dataclass(frozen=True, slots=True)
class Over:
    """A stretch of 100 ms in which a channel goes over a limit, with its highest place."""

    at_samples: int
    channel: int
    dbtp: float


def read(ledger: Ledger) -> TruePeak:
    """Return the true peak of the whole sound."""
    levels = tuple(db_from_amplitude(float(value)) for value in ledger.true_peak)
    if ledger.true_peak.max(initial=0.0) <= 0.0:
        return TruePeak(None, None, None, levels)
    channel = int(ledger.true_peak.argmax())
    at = int(ledger.true_peak_at[channel]) // ledger.oversampling
    return TruePeak(levels[channel], at, channel, levels, float(ledger.true_peak[channel]))


def overs(ledger: Ledger, limit_dbtp: float) -> tuple[Over, ...]:
    """Return where a limit is exceeded, in order of time; the ledger must hold the curve of true peaks.

    Raises
    ------
    ValueError
        If the sound was scanned without its curve.
    """
    if len(ledger.true_peak_curve) != len(ledger.peak):
        raise ValueError("the curve of true peaks was not asked for when this sound was scanned")
    limit = 10.0 ** (limit_dbtp / 20.0)
    found = [
        Over(
            int(ledger.true_peak_curve_at[row, channel]) // ledger.oversampling,
            int(channel),
            float(db_from_amplitude(float(ledger.true_peak_curve[row, channel])) or 0.0),
        )
        for row, channel in zip(*(ledger.true_peak_curve > limit).nonzero(), strict=True)
    ]
    return tuple(sorted(found, key=lambda over: (over.at_samples, over.channel)))


def curve(ledger: Ledger) -> list[float | None]:
    """Return the largest true peak of each 100 ms over all channels, in dBTP; empty if it was not asked for."""
    return [db_from_amplitude(float(value)) for value in ledger.true_peak_curve.max(axis=1, initial=0.0)]
