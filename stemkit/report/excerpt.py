"""One chapter out of a report, standing alone, fit to send to whoever delivered it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemkit.core.errors import Problem, UsageError
from stemkit.report.build import blocks, count
from stemkit.report.curves import cut
from stemkit.report.model import Report
from stemkit.report.words import short_path

_EMPTY_LISTS = ("prints", "overs", "waivers")
_NOTHING = ("null_test", "level", "balance", "duck", "limiter", "dialogue", "compared")


def of_chapter(report: Report, number: int) -> dict[str, Any]:
    """Return the report of one chapter: its findings, stems, joins and stretch of the timeline.

    Nothing of the other chapters is in it, and no path outside the film's folder.

    Raises
    ------
    UsageError
        If the report has no such chapter.
    """
    chapter = next((one for one in report["chapters"] if one["number"] == number), None)
    if chapter is None:
        known = ", ".join(str(one["number"]) for one in report["chapters"][:60])
        raise UsageError(Problem("no_chapter", f"the report has no chapter {number}", f"it has {known or 'none'}"))
    start = chapter["start_s"] or 0.0
    findings = [_shifted(one, start, report) for one in report["findings"] if one["chapter"] == number]
    refused = [one for one in report["refused"] if one["chapter"] == number]
    return {
        **report,
        **{key: [] for key in _EMPTY_LISTS},
        **dict.fromkeys(_NOTHING),
        "kind": "chapter",
        "film": _film(report, chapter),
        "chapters": [_chapter(chapter, start, report)],
        "findings": findings,
        "counts": count(findings, passed=0),
        "verdict": _verdict(chapter, findings, refused),
        "boundaries": [],
        "refused": refused,
        "missing": [one for one in report["missing"] if one["chapter"] == number],
        "conform": [_short(one, report) for one in report["conform"] if one["chapter"] == number],
        "inputs": _inputs(chapter, report),
        "curves": {name: _cut(pair, chapter) for name, pair in report["curves"].items()} if chapter["end_s"] else {},
    }


def _verdict(chapter: Mapping[str, Any], findings: list[dict[str, Any]], refused: list[Any]) -> str:
    if refused:
        return "ask"
    return "ready" if not any(blocks(one) for one in findings) else str(chapter["verdict"])


def _film(report: Report, chapter: Mapping[str, Any]) -> dict[str, Any]:
    film = {**report["film"], "folder": None}
    if chapter["start_s"] is None:
        return film
    rate_hz, duration = film["sample_rate_hz"], chapter["end_s"] - chapter["start_s"]
    places = {key: chapter[key] for key in ("start_tc", "end_tc", "length_frames")}
    return {**film, **places, "duration_s": duration, "length_samples": round(duration * rate_hz) if rate_hz else None}


def _chapter(chapter: Mapping[str, Any], start: float, report: Report) -> dict[str, Any]:
    stems = [{**stem, **_names(stem, report)} for stem in chapter["stems"]]
    ends = {key: None if chapter[key] is None else chapter[key] - start for key in ("start_s", "end_s")}
    return {**chapter, **ends, "stems": stems}


def _names(one: Mapping[str, Any], report: Report) -> dict[str, Any]:
    return {key: short_path(one[key], report) if one.get(key) else one.get(key) for key in ("path", "name")}


def _shifted(finding: Mapping[str, Any], start: float, report: Report) -> dict[str, Any]:
    at = finding["at_s"]
    return {**finding, **_names(finding, report), "at_s": None if at is None else at - start}


def _short(item: Mapping[str, Any], report: Report) -> dict[str, Any]:
    return {**item, **{key: short_path(item[key], report) for key in ("source", "name") if item.get(key)}}


def _inputs(chapter: Mapping[str, Any], report: Report) -> list[dict[str, Any]]:
    paths = {stem["path"] for stem in chapter["stems"]}
    return [{**one, "path": short_path(one["path"], report)} for one in report["inputs"] if one["path"] in paths]


def _cut(pair: Mapping[str, Any], chapter: Mapping[str, Any]) -> dict[str, Any]:
    return {name: cut(curve, chapter["start_s"], chapter["end_s"]) for name, curve in pair.items()}
