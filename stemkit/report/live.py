"""What the page's script draws from: curves as they are kept, places in seconds, and the words it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stemkit.core.timebase import FrameRate
from stemkit.report.charts import target_of
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import number, shown

_LANES = ("FULL", "VO", "SFX", "MUSIC")
_MOST_MARKS = 2000


def live_data(report: Report, states: Mapping[int, str], say: Speech) -> str | None:
    """Return the timeline's data as JSON that can stand in a page, `None` where there are no curves."""
    duration = report["film"]["duration_s"]
    if not duration or "FULL" not in report["curves"]:
        return None
    dialogue = report.get("dialogue") or {}
    limiter, duck = (report.get(key) or {} for key in ("limiter", "duck"))
    data = {
        "duration": duration,
        "clock": _clock(report["film"]),
        "target": target_of(report),
        "chapters": [
            [
                chapter["number"],
                shown(chapter["title"] or ""),
                chapter["start_s"],
                chapter["end_s"],
                states.get(chapter["number"], "ok"),
            ]
            for chapter in report["chapters"]
            if chapter["start_s"] is not None
        ],
        "joins": list(_joins(report)),
        "marks": list(_marks(report, say))[:_MOST_MARKS],
        "curves": {name: _pair(report["curves"][name]) for name in _LANES if name in report["curves"]},
        "voice": _curve(dialogue.get("curve")),
        "limiter": _curve(limiter.get("curve")),
        "duck": _curve(duck.get("curve")),
        "words": {**json.loads(say.script_words()), **{name: say.role(name) for name in ("VO", "SFX", "MUSIC")}},
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # in a page nothing of it may look like markup
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _chapter(one: Mapping[str, Any], states: Mapping[int, str]) -> list[Any]:
    state = states.get(one["number"], "ok")
    return [one["number"], shown(one["title"] or ""), one["start_s"], one["end_s"], state]


def _clock(film: Mapping[str, Any]) -> dict[str, Any] | None:
    if not film["frame_rate"] or not film["start_tc"]:
        return None
    rate = FrameRate.parse(film["frame_rate"])
    fps = rate.fps
    return {
        "fps": [fps.numerator, fps.denominator],
        "nominal": rate.nominal,
        "drop": rate.drop_frame,
        "start": rate.parse_timecode(film["start_tc"]),
    }


def _joins(report: Report) -> Iterator[list[Any]]:
    degraded = {join["after"] for join in report["boundaries"] if join["degraded"]}
    for chapter in report["chapters"][:-1]:
        if chapter["end_s"] is not None:
            yield [chapter["end_s"], chapter["number"], chapter["number"] in degraded]


def _marks(report: Report, say: Speech) -> Iterator[list[Any]]:
    for over in report.get("overs") or ():
        text = say("over_at", print=shown(over["print"]), peak=number(over["peak_dbtp"]))
        yield [over["at_s"], "over", shown(over["print"]), text]
    for finding in report["findings"]:
        at = finding["at_s"]
        if at is not None and finding["outcome"] == "fail":
            yield [at, finding["severity"], finding["code"], shown(say.told(finding)[0])]


def _pair(pair: Mapping[str, Any]) -> dict[str, Any]:
    return {"m": _curve(pair["momentary"]), "s": _curve(pair["short_term"])}


def _curve(curve: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not curve:
        return None
    names = {"step": "step_s", "window": "window_s", "scale": "units_per_lu", "undefined": "undefined", "data": "data"}
    return {short: curve[name] for short, name in names.items()}
