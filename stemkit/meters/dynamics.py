"""How far peaks stand above loudness: PLR for the whole sound, the largest PSR where curves were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from stemkit.core.units import db_from_amplitude
from stemkit.meters import loudness, true_peak
from stemkit.meters._ledger import Ledger

VERSION = 1
_WINDOWS_OF_3_S = 30
NO_CURVE = "the curve of true peaks was not asked for"


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Peak to loudness ratio, and the largest ratio of peak to short-term loudness within 3 s, in LU."""

    peak_to_loudness_lu: float | None
    max_peak_to_short_term_lu: float | None
    undefined: Mapping[str, str] = field(default_factory=dict)


RESULT = Dynamics


def read(ledger: Ledger) -> Dynamics:
    """Return the ratios of the whole sound."""
    heard, peak = loudness.read(ledger), true_peak.read(ledger)
    undefined: dict[str, str] = {}
    plr: float | None = None
    if heard.programme_lufs is None or peak.max_dbtp is None:
        undefined["peak_to_loudness_lu"] = heard.undefined.get("programme_lufs", loudness.NOTHING)
    else:
        plr = peak.max_dbtp - heard.programme_lufs
    psr = _largest_psr(ledger)
    if psr is None:
        has_curve = len(ledger.true_peak_curve) == len(ledger.peak)
        reason = heard.undefined.get("max_short_term_lufs", loudness.SILENT) if has_curve else NO_CURVE
        undefined["max_peak_to_short_term_lu"] = reason
    return Dynamics(plr, psr, undefined)


def _largest_psr(ledger: Ledger) -> float | None:
    """Windows that the absolute gate would drop say nothing about dynamics and are passed over."""
    short_term = loudness.short_term_curve(ledger)
    peaks = ledger.true_peak_curve.max(axis=1, initial=0.0)
    if not short_term or len(peaks) < _WINDOWS_OF_3_S:
        return None
    highest = np.lib.stride_tricks.sliding_window_view(peaks, _WINDOWS_OF_3_S).max(axis=1)
    found = [
        (db_from_amplitude(float(peak)) or 0.0) - level
        for peak, level in zip(highest, short_term, strict=False)
        if level is not None and level > -70.0 and peak > 0.0
    ]
    return max(found, default=None)
