"""The numbers that matter, each against what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stemkit.report.charts import Gauge, gauge
from stemkit.report.model import Report
from stemkit.report.speech import Speech
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


def build_figures(report: Report, say: Speech) -> Iterator[Figure]:
    """Yield loudness, true peak and range (or dialogue) of the full mix, or of the only chapter there is."""
    measured, of = _judged(report)
    if measured is None:
        return
    limits: dict[str, Mapping[str, Any]] = {}
    for limit in report["profile"]["limits"]:
        if limit["of"] == of:
            limits.setdefault(limit["quantity"], limit)
    programme = limits.get("programme_loudness_lufs")
    yield _loudness(say("programme_loudness"), measured["programme_loudness_lufs"], programme, say)
    yield _peak(measured["true_peak_dbtp"], limits.get("true_peak_dbtp"), say)
    if "dialogue_loudness_lufs" in limits and report.get("dialogue"):
        heard = report["dialogue"]["dialogue_gated_lufs"]
        yield _loudness(say("dialogue_loudness"), heard, limits["dialogue_loudness_lufs"], say)
    else:
        yield _range(measured["loudness_range_lu"], limits.get("loudness_range_lu"), say)


def _judged(report: Report) -> tuple[Mapping[str, Any] | None, str]:
    if report["kind"] == "chapter":
        measured = report["chapters"][0].get("measured")
        return (measured if measured and measured["true_peak_dbtp"] is not None else None), "chapter"
    return next((p["measured"] for p in report["prints"] if p["name"] == "FULL"), None), "print"


def _loudness(label: str, value: float | None, limit: Mapping[str, Any] | None, say: Speech) -> Figure:
    unit = "LUFS"
    if limit is None:
        return Figure(label, number(value), unit, say("no_target"), "", "quiet", None)
    target, below, above = limit["target_lufs"], limit["below_lu"] or 0.0, limit["above_lu"] or 0.0
    same = below == above
    tolerance = f"±{number(above)}" if same else f"+{number(above)} −{number(below)}"
    scale = gauge(value, target - 6.0, target + 6.0, (target - below, target + above), target)
    words = say("target", target=number(target), tolerance=tolerance)
    if value is None:
        return Figure(label, DASH, unit, words, say("undefined"), "error", scale)
    off = round(value - target, 2)
    inside = -below <= off <= above or (limit["ceiling_only"] and off <= above)
    seen = round(value, 1) - target
    side = "above_target" if seen > 0 else "below_target"
    margin = say("on_target") if abs(seen) < 0.05 else say(side, by=number(abs(seen)))
    return Figure(label, number(value), unit, words, margin, "ok" if inside else limit["severity"], scale)


def _peak(value: float | None, limit: Mapping[str, Any] | None, say: Speech) -> Figure:
    label, unit = say("true_peak"), "dBTP"
    if limit is None:
        return Figure(label, number(value), unit, say("no_limit"), "", "quiet", None)
    ceiling = limit["max_dbtp"]
    scale = gauge(value, -18.0, 0.0, (-18.0, ceiling))
    words = say("at_most", limit=number(ceiling), unit=unit)
    if value is None:
        return Figure(label, DASH, unit, words, say("no_sound"), "quiet", scale)
    room = round(ceiling - value, 2)
    margin = say("room", by=number(room)) if room >= 0 else say("over_limit", by=number(-room))
    return Figure(label, number(value), unit, words, margin, "ok" if room >= 0 else limit["severity"], scale)


def _range(value: float | None, limit: Mapping[str, Any] | None, say: Speech) -> Figure:
    label, unit = say("loudness_range"), "LU"
    low, high = (limit.get("min_lu"), limit.get("max_lu")) if limit else (None, None)
    if limit is None or (low is None and high is None):
        return Figure(label, number(value), unit, say("no_limit"), "", "quiet", gauge(value, 0.0, 30.0))
    bottom, top = low or 0.0, high if high is not None else 30.0
    words = say("between", low=number(bottom), high=number(top), unit=unit)
    scale = gauge(value, 0.0, 30.0, (bottom, top))
    if value is None:
        return Figure(label, DASH, unit, words, say("undefined"), "quiet", scale)
    if value > top:
        return Figure(
            label,
            number(value),
            unit,
            words,
            say("over_by", by=number(value - top), unit=unit),
            limit["severity"],
            scale,
        )
    if value < bottom:
        return Figure(
            label,
            number(value),
            unit,
            words,
            say("under_by", by=number(bottom - value), unit=unit),
            limit["severity"],
            scale,
        )
    return Figure(label, number(value), unit, words, say("inside_limit"), "ok", scale)
