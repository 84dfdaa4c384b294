"""Voice and background: how far the voice stands above everything else, over the film and line by line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stemkit.report.curves import decode
from stemkit.report.joins import timecode_in
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import number, shown

_COLUMNS = 400
_HEIGHT, _LOW_LU, _HIGH_LU = 64, -10.0, 30.0


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of speech: where, and what the voice has above the rest at worst."""

    start: str
    end: str
    lowest: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Voice:
    """What the page says about the voice; ``path`` is drawn in a view of 1000 by `height`."""

    sentences: tuple[str, ...]
    lines_title: str
    lines: tuple[Line, ...]
    path: str
    zero: float
    limit: float | None
    height: int = _HEIGHT


def build_voice(report: Report, say: Speech) -> Voice:
    """Return what is known about voice and background; that it is not known, where it is not."""
    found = report.get("dialogue")
    if not found:
        return Voice((say("voice_none"),), "", (), "", 0.0, None)
    if found["voice_to_background_lu"] is None:
        reason = found["undefined"].get("voice_to_background_lu", "")
        return Voice((shown(say("voice_undefined", reason=reason)),), "", (), "", 0.0, None)
    limit = found.get("limit_lu")
    title = say("lines_lowest") if limit is None else say("lines_limit", limit=number(limit))
    lines = tuple(_lines(found, report))
    return Voice(
        sentences=tuple(_sentences(found, say)),
        lines_title=title if lines else "" if limit is None else say("lines_none"),
        lines=lines,
        path=_path(found["curve"], report["film"]["duration_s"]),
        zero=_y(0.0),
        limit=None if limit is None else _y(limit),
    )


def _sentences(found: Mapping[str, Any], say: Speech) -> Iterator[str]:
    yield say(
        "voice_lead",
        share=round(100 * found["speech_share"]),
        dialogue=number(found["dialogue_lufs"]),
        voice=number(found["voice_lufs"]),
        background=number(found["background_lufs"]),
    )
    median, lowest = (number(found[key]) for key in ("voice_to_background_lu", "lowest_voice_to_background_lu"))
    yield say("voice_above", median=median, lowest=lowest)


def _lines(found: Mapping[str, Any], report: Report) -> Iterator[Line]:
    for line in found["lines"]:
        start, end = (timecode_in(report, line[key]) for key in ("start_s", "end_s"))
        yield Line(start, end, number(line["lowest_lu"], sign=True), line["start_s"])


def _y(level: float) -> float:
    inside = min(max(level, _LOW_LU), _HIGH_LU)
    return round(_HEIGHT * (_HIGH_LU - inside) / (_HIGH_LU - _LOW_LU), 1)


def _path(curve: Mapping[str, Any], duration: float | None) -> str:
    """Return one vertical stroke a column, from the zero line to the lowest value in it."""
    levels = decode(curve)
    if not len(levels) or not duration:
        return ""
    edges = np.linspace(0, len(levels), min(_COLUMNS, len(levels)) + 1).astype(np.int64)
    lowest = np.fmin.reduceat(levels, edges[:-1])
    places = ((edges[:-1] + edges[1:] - 1) * 0.5 * curve["step_s"] + 0.5 * curve["window_s"]) / duration * 1000.0
    strokes = zip(places.tolist(), lowest.tolist(), strict=True)
    return "".join(f"M{x:.1f} {_y(0.0)}V{_y(level)}" for x, level in strokes if math.isfinite(level))
