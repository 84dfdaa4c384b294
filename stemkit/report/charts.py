"""Geometry of the pictures: positions in per cent of the width and pixels of the height, no markup.

Text keeps its size and curves their thickness at any width of the page, because a template sets them
as percentages instead of scaling one drawing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemkit.core.timebase import FrameRate
from stemkit.report.curves import decode
from stemkit.report.lowered import Lowered, build_lowered
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import number, shown

_ENGLISH = Speech()
COLUMNS = 1000
_HEIGHTS = {"FULL": 168, "VO": 46, "SFX": 46, "MUSIC": 46}
_BELOW_TARGET_LU, _ABOVE_TARGET_LU, _HEADROOM_LU = 27.0, 11.0, 2.0
_TICK_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
_MOST_TICKS = 12


@dataclass(frozen=True, slots=True)
class Lane:
    """One print over the film: short-term as a line, momentary as an area, both in ``0..COLUMNS``."""

    name: str
    top: int
    height: int
    line: str
    area: str
    levels: tuple[tuple[float, str], ...]
    band: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One chapter in the strip; ``share`` is its part of the film in per cent."""

    number: int
    title: str
    level: str
    state: str
    left: float
    share: float
    tip: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one moment: a tick of the clock, a join, a finding."""

    left: float
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The film from left to right."""

    cells: tuple[Cell, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Mark, ...]
    joins: tuple[Mark, ...]
    findings: tuple[Mark, ...]
    lanes_height: int
    lowered: tuple[Lowered, ...] = ()

    @property
    def has_levels(self) -> bool:
        """Whether any chapter is wide enough for its level."""
        return any(cell.share >= 5.0 for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Gauge:
    """Where a value lies between two ends, with the allowed zone; all in per cent."""

    value: float | None
    zone_left: float
    zone_width: float
    target: float | None


def timeline(report: Report, states: Mapping[int, str], say: Speech = _ENGLISH) -> Timeline | None:
    """Return the film's timeline, `None` where its length, or everything in it, is not known.

    Parameters
    ----------
    report
        The report.
    states
        The state of each chapter: ``ok``, ``note``, ``warning`` or ``error``.
    """
    duration = report["film"]["duration_s"]
    placed = [chapter for chapter in report["chapters"] if chapter["start_s"] is not None]
    lanes = tuple(_lanes(report, duration)) if duration else ()
    if not duration or not (placed or lanes):
        return None
    return Timeline(
        cells=tuple(_cell(chapter, duration, states.get(chapter["number"], "ok"), say) for chapter in placed),
        lanes=lanes,
        ticks=tuple(_ticks(report["film"], duration)),
        joins=tuple(_joins(report, duration, say)),
        findings=tuple(_finding_marks(report["findings"], duration, say)),
        lanes_height=sum(lane.height for lane in lanes),
        lowered=tuple(build_lowered(report)) if lanes else (),
    )


def gauge(
    value: float | None, low: float, high: float, zone: tuple[float, float] | None = None, target: float | None = None
) -> Gauge:
    """Return the geometry of a value on a scale from ``low`` to ``high`` with its allowed zone, if there is one."""

    def place(level: float) -> float:
        return round(100.0 * (min(max(level, low), high) - low) / (high - low), 2)

    left, right = (place(zone[0]), place(zone[1])) if zone else (0.0, 0.0)
    return Gauge(
        value=None if value is None else place(value),
        zone_left=left,
        zone_width=max(right - left, 0.6) if zone else 0.0,
        target=None if target is None else place(target),
    )


def _per_cent(seconds: float, duration: float) -> float:
    return round(100.0 * seconds / duration, 3)


def _cell(chapter: Mapping[str, Any], duration: float, state: str, say: Speech) -> Cell:
    left = _per_cent(chapter["start_s"], duration)
    level = (chapter.get("measured") or {}).get("programme_loudness_lufs")
    parts = (say("chapter", n=chapter["number"]), chapter["title"], chapter["creator"], chapter["start_tc"])
    return Cell(
        number=chapter["number"],
        title=shown(chapter["title"] or ""),
        level=number(level),
        state=state,
        left=left,
        share=round(_per_cent(chapter["end_s"], duration) - left, 3),
        tip=shown(" · ".join(str(part) for part in parts if part)) + f" · {number(level)} LUFS",
    )


def _lanes(report: Report, duration: float) -> Iterator[Lane]:
    target = target_of(report)
    curves = {name: report["curves"][name] for name in _HEIGHTS if name in report["curves"]}
    decoded = {name: (decode(pair["momentary"]), decode(pair["short_term"]), pair) for name, pair in curves.items()}
    scale = _scale(target, [momentary for momentary, _, _ in decoded.values()])
    top = 0
    for name, (momentary, short_term, pair) in decoded.items():
        height = _HEIGHTS[name]
        is_main = name == "FULL"
        yield Lane(
            name=name,
            top=top,
            height=height,
            line=_line(*_columns(short_term, pair["short_term"], duration, "mean"), scale, height),
            area=_area(*_columns(momentary, pair["momentary"], duration, "max"), scale, height),
            levels=tuple(_levels(scale, height)) if is_main else (),
            band=_band(target, scale, height) if is_main and target else None,
        )
        top += height


def _scale(target: tuple[float, float, float] | None, curves: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    middle = target[0] if target else -23.0
    loudest = max((float(np.max(curve[np.isfinite(curve)], initial=middle)) for curve in curves), default=middle)
    return middle - _BELOW_TARGET_LU, max(middle + _ABOVE_TARGET_LU, loudest + _HEADROOM_LU)


def target_of(report: Report) -> tuple[float, float, float] | None:
    """Return target, lowest and highest loudness of the prints, `None` where the profile states none."""
    for limit in report["profile"]["limits"]:
        if limit["of"] == "print" and limit["quantity"] == "programme_loudness_lufs":
            target = limit["target_lufs"]
            return target, target - (limit["below_lu"] or 0.0), target + (limit["above_lu"] or 0.0)
    return None


def _y(level: float, scale: tuple[float, float], height: int) -> float:
    low, high = scale
    share = (min(max(level, low), high) - low) / (high - low)
    return round(height - share * height, 1)


def _band(target: tuple[float, float, float], scale: tuple[float, float], height: int) -> tuple[float, float]:
    top, bottom = _y(target[2], scale, height), _y(target[1], scale, height)
    return top, round(max(bottom - top, 1.0), 1)


def _levels(scale: tuple[float, float], height: int) -> Iterator[tuple[float, str]]:
    level = math.ceil((scale[0] + 2.0) / 10.0) * 10
    while level < scale[1] - 2.0:
        yield _y(level, scale, height), number(level, 0)
        level += 10


def _columns(
    levels: NDArray[np.float64], curve: Mapping[str, Any], duration: float, how: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions and levels of at most `COLUMNS` columns; NaN where nothing is defined."""
    if not len(levels):
        return np.zeros(0), np.zeros(0)
    count = min(COLUMNS, len(levels))
    edges = np.linspace(0, len(levels), count + 1).astype(np.int64)
    starts = edges[:-1]
    if how == "max":
        reduced: NDArray[np.float64] = np.fmax.reduceat(levels, starts)
    else:
        defined = np.add.reduceat(np.isfinite(levels).astype(np.float64), starts)
        sums = np.add.reduceat(np.nan_to_num(levels, nan=0.0), starts)
        reduced = np.where(defined > 0, sums / np.maximum(defined, 1.0), np.nan)
    middles_s = (edges[:-1] + edges[1:] - 1) * (0.5 * curve["step_s"]) + 0.5 * curve["window_s"]
    middles = np.asarray(middles_s / duration * COLUMNS, dtype=np.float64)
    return middles, reduced


def _runs(levels: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Yield the runs of defined values as half-open ranges."""
    defined = np.concatenate([[False], np.isfinite(levels), [False]])
    changes = np.flatnonzero(defined[1:] != defined[:-1])
    yield from zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)


def _line(x: NDArray[np.float64], levels: NDArray[np.float64], scale: tuple[float, float], height: int) -> str:
    parts = []
    for start, end in _runs(levels):
        points = [f"{x[i]:.1f} {_y(float(levels[i]), scale, height)}" for i in range(start, end)]
        parts.append("M" + "L".join(points))
    return "".join(parts)


def _area(x: NDArray[np.float64], levels: NDArray[np.float64], scale: tuple[float, float], height: int) -> str:
    parts = []
    for start, end in _runs(levels):
        points = [f"{x[i]:.1f} {_y(float(levels[i]), scale, height)}" for i in range(start, end)]
        parts.append(f"M{x[start]:.1f} {height}L" + "L".join(points) + f"L{x[end - 1]:.1f} {height}Z")
    return "".join(parts)


def _ticks(film: Mapping[str, Any], duration: float) -> Iterator[Mark]:
    step = next((s for s in _TICK_STEPS_S if duration / s <= _MOST_TICKS), _TICK_STEPS_S[-1])
    rate = FrameRate.parse(film["frame_rate"]) if film["frame_rate"] else None
    start = rate.parse_timecode(film["start_tc"]) if rate and film["start_tc"] else 0
    for index, seconds in enumerate(range(0, math.ceil(duration), step)):
        kind = "minor" if index % 3 else "major"
        if rate is None:
            yield Mark(_per_cent(seconds, duration), f"{seconds} s", kind)
            continue
        # round timecodes, not round seconds: at 23.976 the two drift apart
        frame = rate.frames_in_seconds(Fraction(seconds)) if rate.drop_frame else rate.nominal * seconds
        at = float(frame / rate.fps)
        if at < duration:
            yield Mark(_per_cent(at, duration), rate.format_timecode(start + frame)[:8], kind)


def _joins(report: Report, duration: float, say: Speech) -> Iterator[Mark]:
    ends = {chapter["number"]: chapter["end_s"] for chapter in report["chapters"]}
    degraded = {join["after"] for join in report["boundaries"] if join["degraded"]}
    for after, end in list(ends.items())[:-1]:
        if end is not None:
            text, kind = say("join_after", n=after), "join"
            if after in degraded:
                text, kind = f"{text}, {say('without_handles')}", "degraded"
            yield Mark(_per_cent(end, duration), text, kind)


def _finding_marks(findings: Sequence[Mapping[str, Any]], duration: float, say: Speech) -> Iterator[Mark]:
    for finding in findings:
        at = finding["at_s"]
        if at is not None and finding["outcome"] == "fail" and 0.0 <= at <= duration:
            text = f"{finding['code']} {finding['start_tc'] or ''} {say.told(finding)[0]}"
            yield Mark(_per_cent(at, duration), shown(text), finding["severity"])
