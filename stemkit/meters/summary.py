"""The handful of numbers that stand beside every file, chapter and print."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from stemkit.core.units import db_from_amplitude
from stemkit.meters import loudness, sample_peak, true_peak
from stemkit.meters._ledger import Ledger

VERSION = 1
_NAMES = {
    "programme_lufs": "programme_loudness_lufs",
    "range_lu": "loudness_range_lu",
    "max_momentary_lufs": "max_momentary_lufs",
    "max_short_term_lufs": "max_short_term_lufs",
}
EMPTY = "the sound has no samples"
DIGITAL_SILENCE = "digital silence"


@dataclass(frozen=True, slots=True)
class Summary:
    """The measured fields of the JSON contract; what is undefined is `None`, with the reason under ``undefined``."""

    programme_loudness_lufs: float | None = None
    loudness_range_lu: float | None = None
    max_momentary_lufs: float | None = None
    max_short_term_lufs: float | None = None
    true_peak_dbtp: float | None = None
    true_peak_at_s: float | None = None
    sample_peak_dbfs: float | None = None
    undefined: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return the fields as JSON data."""
        return asdict(self)


RESULT = Summary


def read(ledger: Ledger) -> Summary:
    """Return the numbers of the whole sound."""
    return summarise(ledger)


def summarise(ledger: Ledger, heard: loudness.Loudness | None = None) -> Summary:
    """Return the numbers of a sound.

    Parameters
    ----------
    heard
        Its loudness, if it was read already or in another mode.
    """
    heard = heard or loudness.read(ledger)
    peak, samples = true_peak.read(ledger), sample_peak.read(ledger)
    undefined = {_NAMES[name]: reason for name, reason in heard.undefined.items()}
    if peak.max_dbtp is None:
        reason = DIGITAL_SILENCE if ledger.length_samples else EMPTY
        undefined |= dict.fromkeys(("true_peak_dbtp", "true_peak_at_s", "sample_peak_dbfs"), reason)
    return Summary(
        programme_loudness_lufs=heard.programme_lufs,
        loudness_range_lu=heard.range_lu,
        max_momentary_lufs=heard.max_momentary_lufs,
        max_short_term_lufs=heard.max_short_term_lufs,
        true_peak_dbtp=peak.max_dbtp,
        true_peak_at_s=None if peak.at_samples is None else peak.at_samples / ledger.sample_rate_hz,
        sample_peak_dbfs=samples.max_dbfs,
        undefined=undefined,
    )


def summarise_range(ledger: Ledger, start_s: float, end_s: float) -> Summary:
    """Return the numbers of a stretch, from the ledger alone: loudness to 10 ms, peaks to 100 ms outwards.

    The ledger must hold the curve of true peaks.
    """
    heard = loudness.loudness_of_range(ledger, start_s, end_s)
    first, last = max(0, math.floor(start_s * 10.0 + 1e-9)), math.ceil(end_s * 10.0 - 1e-9)
    peaks, samples = ledger.true_peak_curve[first:last], ledger.peak[first:last]
    undefined = {_NAMES[name]: reason for name, reason in heard.undefined.items()}
    highest = float(peaks.max(initial=0.0))
    at_s: float | None = None
    if highest > 0.0:
        places = ledger.true_peak_curve_at[first:last][peaks == highest]
        at_s = int(places.min()) // ledger.oversampling / ledger.sample_rate_hz
    else:
        reason = DIGITAL_SILENCE if len(peaks) else EMPTY
        undefined |= dict.fromkeys(("true_peak_dbtp", "true_peak_at_s", "sample_peak_dbfs"), reason)
    return Summary(
        programme_loudness_lufs=heard.programme_lufs,
        loudness_range_lu=heard.range_lu,
        max_momentary_lufs=heard.max_momentary_lufs,
        max_short_term_lufs=heard.max_short_term_lufs,
        true_peak_dbtp=db_from_amplitude(highest),
        true_peak_at_s=at_s,
        sample_peak_dbfs=db_from_amplitude(float(samples.max(initial=0.0))),
        undefined=undefined,
    )


def nothing_measured(reason: str) -> Summary:
    """Return a summary without numbers, all for one reason."""
    names = [name for name in Summary.__dataclass_fields__ if name != "undefined"]
    return Summary(undefined=dict.fromkeys(names, reason))
