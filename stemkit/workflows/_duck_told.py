"""What ducking did, and a print that stands apart from the mix, as JSON data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from stemkit.core.film import Ducking
from stemkit.core.timebase import Span
from stemkit.plan.ducking import DUCKED, Dip, Duck
from stemkit.plan.levels import nearest_step, step_below
from stemkit.plan.routing import PrintRow
from stemkit.plan.timeline import Timeline
from stemkit.report.curves import encode

_WINDOWS_PER_SECOND = 10


def duck_as_dict(timeline: Timeline) -> dict[str, Any] | None:
    """Return where and how deep music and effects were turned down; `None` where nobody asked for it."""
    duck, rate_hz = timeline.duck, timeline.sample_rate_hz
    if duck is None:
        return None
    film = Span(0, timeline.length_samples)
    spans = [part for dip in duck.dips if (part := dip.span.overlap(film)) is not None]
    return {
        **asdict(duck.settings),
        "roles": [role.value for role in DUCKED],
        "seconds": sum(span.length for span in spans) / rate_hz,
        "count": len(spans),
        "dips": [
            {
                "start_s": part.start / rate_hz,
                "end_s": part.end / rate_hz,
                "start_samples": dip.start,
                "down_samples": dip.down,
                "up_samples": dip.up,
                "end_samples": dip.end,
            }
            for dip in duck.dips
            if (part := dip.span.overlap(film)) is not None
        ],
        "curve": {**encode(_curve(duck, film.length, rate_hz), 0.0), "unit": "dB"},
    }


def duck_from(told: Mapping[str, Any] | None) -> Duck | None:
    """Return the gain of music and effects that an earlier mix was made with, out of its report."""
    if told is None:
        return None
    settings = Ducking(**{each.name: told[each.name] for each in fields(Ducking)})
    edges = ("start_samples", "down_samples", "up_samples", "end_samples")
    return Duck(settings, tuple(Dip(*(each[edge] for edge in edges)) for each in told["dips"]))


def _curve(duck: Duck, length: int, rate_hz: int) -> list[float]:
    """Return the deepest gain of each 100 ms, 0 or negative."""
    window = rate_hz // _WINDOWS_PER_SECOND
    lowest = np.ones(-(-length // window))
    for dip in duck.dips:
        first, last = max(0, dip.start) // window, min(len(lowest), -(-dip.end // window))
        if first < last and (gains := duck.gains(Span(first * window, last * window))) is not None:
            lowest[first:last] = np.minimum(lowest[first:last], gains.reshape(-1, window).min(axis=1))
    return [float(value) for value in np.round(20.0 * np.log10(lowest), 2)]


def me_as_dict(
    rows: Sequence[PrintRow], measured: Mapping[str, Mapping[str, Any]], limit_dbtp: float | None, gain_db: float
) -> dict[str, Any] | None:
    """Return what stands apart from the mix, and a gain that would bring it under its limit; `None` where nothing does.

    Parameters
    ----------
    measured
        Of each print as written.
    gain_db
        That it was given beside the film's, because somebody asked for it.
    """
    row = next((row for row in rows if row.is_undipped), None)
    if row is None:
        return None
    peak = measured[row.name].get("true_peak_dbtp")
    proposed = None
    if peak is not None and limit_dbtp is not None and round(peak, 2) > limit_dbtp:
        proposed = nearest_step(gain_db + step_below(limit_dbtp - peak))
    return {
        "mode": "undipped",
        "print": row.name,
        "true_peak_dbtp": peak,
        "limit_dbtp": limit_dbtp,
        "gain_db": gain_db,
        "proposed_gain_db": proposed,
    }
