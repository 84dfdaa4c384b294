"""What a scan knows besides the handful of numbers of the table: places, channels, faults, what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError, Problem, UsageError
from stemkit.core.layout import Layout
from stemkit.core.media import MediaInfo
from stemkit.core.names import display_name
from stemkit.core.units import db_from_amplitude
from stemkit.meters import (
    bit_depth,
    clipping,
    dynamics,
    integrity,
    levels,
    loudness,
    sample_peak,
    silence,
    true_peak,
)
from stemkit.meters._ledger import Ledger
from stemkit.meters.dialogue import GATE, read_dialogue, voice_to_background_curve
from stemkit.meters.leq_m import LeqMeter

Scan = Callable[[MediaInfo], Ledger]


def details_of(ledger: Ledger, curves: Ledger | None) -> dict[str, object]:
    """Return what a ledger tells of the whole sound, as JSON data; channels are in the file's order.

    Parameters
    ----------
    curves
        The ledger that holds the curve of true peaks, if one was made.
    """
    rate = ledger.sample_rate_hz
    heard, ratios, flat = loudness.read(ledger), dynamics.read(ledger), clipping.read(ledger)
    short = dynamics.read(curves) if curves is not None else ratios
    peak, samples, plain = true_peak.read(ledger), sample_peak.read(ledger), levels.read(ledger)
    broken, quiet = integrity.read(ledger), silence.read(ledger)

    def at_s(samples: int | None) -> float | None:
        return None if samples is None else samples / rate

    return {
        "max_momentary_at_s": at_s(heard.max_momentary_at_samples),
        "max_short_term_at_s": at_s(heard.max_short_term_at_samples),
        "peak_to_loudness_lu": ratios.peak_to_loudness_lu,
        "max_peak_to_short_term_lu": short.max_peak_to_short_term_lu,
        "rms_dbfs": plain.rms_dbfs,
        "noise_floor_dbfs": plain.noise_floor_dbfs,
        "max_dc_dbfs": plain.max_dc_dbfs,
        "min_correlation": plain.min_correlation,
        "mean_correlation": plain.mean_correlation,
        "sample_peak_at_s": at_s(samples.at_samples),
        "over_full_scale_samples": samples.over_full_scale_samples,
        "clipped_runs": flat.tops,
        "clipped_samples": flat.samples,
        "clipped_at_dbfs": db_from_amplitude(flat.ceiling) if flat.tops else None,
        "first_clipped_at_s": at_s(flat.first_at_samples),
        "zero_runs": len(ledger.zero_runs),
        "leading_zeros_s": at_s(quiet.leading_zero_samples),
        "trailing_zeros_s": at_s(quiet.trailing_zero_samples),
        "near_silence_s": at_s(sum(length for _, length in quiet.near_spans)),
        "non_finite_samples": broken.non_finite_samples,
        "first_non_finite_at_s": at_s(broken.first_non_finite_at_samples),
        "used_bits": bit_depth.read(ledger).used_bits,
        "content_digest": ledger.digest,
        "channels": _channels(ledger, peak, samples, plain),
        "undefined": dict(short.undefined),
    }


def _channels(
    ledger: Ledger, peak: true_peak.TruePeak, samples: sample_peak.SamplePeak, plain: levels.Levels
) -> list[dict[str, object]]:
    labels = ledger.layout.labels if ledger.layout else tuple(str(i + 1) for i in range(ledger.channels))
    steps = ledger.oversampling * ledger.sample_rate_hz
    return [
        {
            "channel": label,
            "true_peak_dbtp": peak.per_channel_dbtp[i],
            "true_peak_at_s": None if peak.per_channel_dbtp[i] is None else int(ledger.true_peak_at[i]) / steps,
            "sample_peak_dbfs": samples.per_channel_dbfs[i],
            "rms_dbfs": plain.per_channel_rms_dbfs[i],
            "dc": plain.per_channel_dc[i],
        }
        for i, label in enumerate(labels)
    ]


def overs_of(ledger: Ledger, limit_dbtp: float) -> dict[str, object]:
    """Return where true peaks pass a limit, one place for each channel and 100 ms, as JSON data."""
    labels = ledger.layout.labels if ledger.layout else tuple(str(i + 1) for i in range(ledger.channels))
    places = [
        {"at_s": over.at_samples / ledger.sample_rate_hz, "channel": labels[over.channel], "dbtp": over.dbtp}
        for over in true_peak.overs(ledger, limit_dbtp)
    ]
    return {"limit_dbtp": limit_dbtp, "count": len(places), "places": places}


def dialogue_of(mix: Ledger, voice: Path, background: Path | None, scan: Scan) -> dict[str, object]:
    """Return what the voice does in a mix, as JSON data.

    Raises
    ------
    UsageError
        If a stem cannot be read, or does not go with the mix: another rate, or channels without names.
    """
    keyed = _stem(voice, scan)
    rest = None if background is None else _stem(background, scan)
    try:
        read = read_dialogue(mix, keyed, rest)
    except ValueError as error:
        hint = "give the mix and its stems at one sample rate, in a layout that is known (--layout)"
        raise UsageError(Problem("stems_do_not_fit", str(error), hint, path=str(voice))) from error
    curve = None if rest is None else voice_to_background_curve(keyed, rest)
    return {"gate": GATE, "vo": str(voice), **asdict(read), "voice_to_background_curve_lu": curve}


def _stem(path: Path, scan: Scan) -> Ledger:
    try:
        media = probe(path)
        if media.is_usable:
            return scan(media)
        reason = media.problem.detail if media.problem else "it cannot be read"
    except MediaError as error:
        reason = error.problems[0].message
    message = f"{display_name(path)} cannot be measured: {reason}"
    raise UsageError(Problem("unreadable_stem", message, "name a sound file", path=str(path)))


def leq_m_of(media: MediaInfo, layout: Layout | None, lfe_db: float) -> dict[str, object]:
    """Return Leq(m) of a file, which is read for it once more, as JSON data."""
    if layout is None:
        return {"leq_m_db": None, "per_channel_db": None, "lfe_db": lfe_db, "undefined": loudness.NO_LAYOUT}
    meter = LeqMeter(media.sample_rate_hz, layout, lfe_db)
    for block in read_blocks(media):
        meter.push(block)
    read = meter.result()
    return {**asdict(read), "undefined": "silence" if read.leq_m_db is None else None}
