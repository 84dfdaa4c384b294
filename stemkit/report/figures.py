"""The three numbers that matter, each against what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stemkit.report.charts import Gauge, gauge
from stemkit.report.model import Report
from stemkit.report.words import DASH, number


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the numbers that matter: what, how much, against what, by how much, and how it looks."""

    label: str
    value: str
    unit: str
    limit: str
    margin: str
    state: str
    gauge: Gauge | None


def build_figures(report: Report) -> Iterator[Figure]:
    """Yield loudness, true peak and range of the full mix; nothing where there is none."""
    full = next((p["measured"] for p in report["prints"] if p["name"] == "FULL"), None)
    if full is None:
        return
    limits = {limit["quantity"]: limit for limit in report["profile"]["limits"] if limit["of"] == "print"}
    yield _loudness_figure(full["programme_loudness_lufs"], limits.get("programme_loudness_lufs"))
    yield _peak_figure(full["true_peak_dbtp"], limits.get("true_peak_dbtp"))
    range_ = full["loudness_range_lu"]
    scale = gauge(range_, 0.0, 30.0)
    yield Figure("Loudness range", number(range_), "LU", "no limit published", "", "quiet", scale)


def _loudness_figure(value: float | None, limit: Mapping[str, Any] | None) -> Figure:
    label, unit = "Programme loudness", "LUFS"
    if limit is None:
        return Figure(label, number(value), unit, "no target published", "", "quiet", None)
    target, below, above = limit["target_lufs"], limit["below_lu"] or 0.0, limit["above_lu"] or 0.0
    same = below == above
    tolerance = f"±{number(above)}" if same else f"+{number(above)} −{number(below)}"
    scale = gauge(value, target - 6.0, target + 6.0, (target - below, target + above), target)
    words = f"target {number(target)} {tolerance} LU"
    if value is None:
        return Figure(label, DASH, unit, words, "undefined", "error", scale)
    off = round(value - target, 2)
    inside = -below <= off <= above or (limit["ceiling_only"] and off <= above)
    seen = round(value, 1) - target
    margin = "on target" if abs(seen) < 0.05 else f"{number(abs(seen))} LU {'above' if seen > 0 else 'below'} target"
    return Figure(label, number(value), unit, words, margin, "ok" if inside else limit["severity"], scale)


def _peak_figure(value: float | None, limit: Mapping[str, Any] | None) -> Figure:
    label, unit = "True peak", "dBTP"
    if limit is None:
        return Figure(label, number(value), unit, "no limit published", "", "quiet", None)
    ceiling = limit["max_dbtp"]
    scale = gauge(value, -18.0, 0.0, (-18.0, ceiling))
    words = f"at most {number(ceiling)} dBTP"
    if value is None:
        return Figure(label, DASH, unit, words, "no sound", "quiet", scale)
    room = round(ceiling - value, 2)
    margin = f"{number(room)} dB of room" if room >= 0 else f"{number(-room)} dB over"
    return Figure(label, number(value), unit, words, margin, "ok" if room >= 0 else limit["severity"], scale)
