"""The joins, role by role: law, lengths, correlation, the level on both sides and the step between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stemkit.core.timebase import FrameRate
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import DASH, clock_exact, number

_LARGE_STEP_LU = 6.0


@dataclass(frozen=True, slots=True)
class Join:
    """How one role crosses one cut."""

    after: int
    is_first: bool
    at: str
    at_s: float | None
    role: str
    law: str
    fade: str
    correlation: str
    before: str
    after_level: str
    step: str
    is_large: bool
    note: str
    moved: str


def build_joins(report: Report, say: Speech) -> Iterator[Join]:
    """Yield a row for each cut and role."""
    rate_hz, last = report["film"]["sample_rate_hz"], None
    for join in report["boundaries"]:
        length = join["before_samples"] + join["after_samples"]
        law = f"law_{str(join['law']).replace('-', '_')}"
        step = join.get("step_lu")
        seconds = (join[key] / rate_hz if rate_hz else 0.0 for key in ("before_samples", "after_samples"))
        before, after = seconds
        yield Join(
            after=join["after"],
            is_first=join["after"] != last,
            at=timecode_in(report, join.get("at_s")),
            at_s=join.get("at_s"),
            role=say.role(join["role"]),
            law=(say(law) if say.has(law) else str(join["law"])) if length else say("straight_cut"),
            fade=f"{before:.3g} + {after:.3g} s" if length else DASH,
            correlation=number(join.get("correlation"), 2),
            before=number(join.get("before_lufs")),
            after_level=number(join.get("after_lufs")),
            step=number(step, sign=True),
            is_large=step is not None and abs(step) >= _LARGE_STEP_LU,
            note=say("without_handles") if join["degraded"] else "",
            moved=_moved(join.get("voice"), report, say),
        )
        last = join["after"]


def _moved(voice: Mapping[str, Any] | None, report: Report, say: Speech) -> str:
    """Return where the two sides of a voice fade, because words stood where they were asked to."""
    rate_hz = report["film"]["sample_rate_hz"]
    if not voice or not rate_hz:
        return ""
    sides = []
    for side in ("fade_out", "fade_in"):
        if span := voice[side]:
            start, end = span["start_samples"] / rate_hz, span["end_samples"] / rate_hz
            sides.append(say(side, at=timecode_in(report, start), seconds=f"{end - start:.3g}"))
    return say(f"voice_{voice['how']}", sides=", ".join(sides))


def timecode_in(report: Report, seconds: float | None) -> str:
    """Return a position of the film as timecode, as a clock where the frame rate is not known."""
    film = report["film"]
    if seconds is None:
        return DASH
    if not film["frame_rate"] or not film["start_tc"]:
        return clock_exact(seconds)
    rate = FrameRate.parse(film["frame_rate"])
    return rate.format_timecode(rate.parse_timecode(film["start_tc"]) + round(seconds * rate.fps))
