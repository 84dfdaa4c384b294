"""Findings as people read them: by chapter, ranked by what to do first, with what the page filters by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from stemkit.report.model import Report
from stemkit.report.pictures import Picture, picture_of
from stemkit.report.speech import Speech
from stemkit.report.words import clock_exact, short_path, shown, typeset, value_with_unit

STATES = ("ok", "note", "warning", "error")
SEVERITY_STATE = {"error": "error", "warning": "warning", "info": "note"}
_MOST_PICTURES = 150
_FIGURES = ("Hz", "LUFS", "LU", "dBTP", "dBFS", "dB")


@dataclass(frozen=True, slots=True)
class Item:
    """One finding as read by people."""

    code: str
    state: str
    tag: str
    message: str
    advice: str
    place: str
    reason: str
    more: int = 0
    role: str = ""
    chapter: str = ""
    figures: str = ""
    rank: int = 0
    at_s: float | None = None
    picture: Picture | None = None
    sound: str = ""

    @property
    def is_small(self) -> bool:
        """Whether it needs nobody: a note, or something that was repaired."""
        return self.state in ("ok", "note")


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one chapter, or of the film."""

    anchor: str
    title: str
    items: tuple[Item, ...]


def state_of(finding: Mapping[str, Any]) -> str:
    """Return the state that a finding gives to its chapter."""
    return "note" if finding["repaired"] else SEVERITY_STATE[finding["severity"]]


def build_groups(report: Report, say: Speech) -> tuple[Group, ...]:
    """Return open and repaired findings by chapter, the film first."""
    findings = [f for f in report["findings"] if f["outcome"] != "skip" and not f["waived"]]
    return tuple(_groups([*_stopped(report, findings), *findings], report, say))


def build_item(finding: Mapping[str, Any], report: Report, say: Speech) -> Item:
    """Return a finding in words."""
    message, advice = say.told(finding)
    chapter = finding["chapter"]
    is_open = not finding["repaired"] and not finding["waived"]
    return Item(
        code=finding["code"],
        state=state_of(finding),
        tag=say("tag_repaired") if finding["repaired"] and finding["severity"] != "info" else "",
        message=typeset(message),
        advice="" if finding["repaired"] else typeset(advice),
        place=shown(" · ".join(_place(finding, report, say))),
        reason=shown(_waived_because(finding["params"], say)),
        role=finding["role"] or "",
        chapter="" if chapter is None else say("chapter", n=chapter),
        figures=typeset(_figures(finding, say)) if is_open and finding["severity"] != "info" else "",
        rank=_rank(finding),
        at_s=finding.get("at_s"),
        picture=picture_of(finding.get("evidence"), say) if is_open else None,
        sound=finding.get("sound", ""),
    )


def _waived_because(params: Mapping[str, Any], say: Speech) -> str:
    reason, by = params.get("waiver_reason", ""), params.get("waiver_by")
    return say("waived_by", reason=reason, by=by) if by else str(reason)


def _place(finding: Mapping[str, Any], report: Report, say: Speech) -> Iterator[str]:
    if finding["role"]:
        yield finding["role"]
    if finding["start_tc"]:
        yield finding["start_tc"]
    if finding["name"]:
        yield short_path(finding["name"], report)
    if finding.get("start_s") is not None and finding["name"]:
        yield say("in_file", time=clock_exact(finding["start_s"]))
    if finding.get("confidence", 1.0) < 1.0:
        yield say("sure", percent=round(100 * finding["confidence"]))


def _figures(finding: Mapping[str, Any], say: Speech) -> str:
    observed, expected, unit = (finding.get(key) for key in ("observed", "expected", "unit"))
    # counts and lengths are in the sentence already
    if isinstance(observed, bool) or not isinstance(observed, int | float) or unit not in _FIGURES:
        return ""
    told = value_with_unit(observed, unit)
    if expected is None or isinstance(expected, bool) or not isinstance(expected, int | float):
        return say("observed_only", observed=told)
    return say("observed_expected", observed=told, expected=value_with_unit(expected, unit))


def _rank(finding: Mapping[str, Any]) -> int:
    """Return the order in which to act: what only a person can mend, then what a tool can, then what to look at."""
    worst = 3 - STATES.index(state_of(finding))
    is_asking = finding.get("fix") != "safe"
    return worst * 2 + (0 if is_asking else 1)


def _stopped(report: Report, findings: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what stopped the mix, or is silence in it, where no finding says so already."""
    told = {(finding["code"], finding["chapter"], finding["role"]) for finding in findings}
    blank: dict[str, Any] = {"repaired": False, "severity": "error", "start_tc": None, "params": {}, "waived": False}
    for item in (*report["refused"], *report["missing"]):
        code = item.get("code", "MIX")
        if (code, item["chapter"], item["role"]) not in told:
            words = {"message": item["reason"], "advice": item.get("advice", ""), "name": item.get("path")}
            yield {**blank, **words, "code": code, "chapter": item["chapter"], "role": item["role"]}


def _groups(findings: Sequence[Mapping[str, Any]], report: Report, say: Speech) -> Iterator[Group]:
    titles = {chapter["number"]: chapter for chapter in report["chapters"]}
    pictures = 0

    def chapter_key(finding: Mapping[str, Any]) -> int:
        return -1 if finding["chapter"] is None else int(finding["chapter"])

    for key, members in groupby(sorted(findings, key=chapter_key), key=chapter_key):
        items = sorted((build_item(f, report, say) for f in members), key=lambda item: -STATES.index(item.state))
        kept = []
        for item in _folded(items):
            # a film of a thousand findings must still open at once
            pictures += item.picture is not None
            kept.append(item if pictures <= _MOST_PICTURES else replace(item, picture=None))
        name = "film" if key < 0 else str(key)
        yield Group(f"findings-{name}", group_title(key, titles.get(key), say), tuple(kept))


def _folded(items: Sequence[Item]) -> Iterator[Item]:
    """Yield items, of small ones with one code and tag only the first, which says how many more there are."""
    seen: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        if item.is_small:
            seen.setdefault((item.code, item.tag), []).append(item)
        else:
            yield item
    for alike in seen.values():
        yield replace(alike[0], more=len(alike) - 1)


def group_title(number_: int, chapter: Mapping[str, Any] | None, say: Speech) -> str:
    """Return the heading of a chapter's findings; -1 is the film."""
    if number_ < 0:
        return say("the_film")
    parts = [say("chapter", n=number_)]
    if chapter:
        parts += [str(part) for part in (chapter["title"], chapter["creator"]) if part]
    return shown(" · ".join(parts))


def build_skipped(findings: Sequence[Mapping[str, Any]], say: Speech) -> Iterator[tuple[str, str, str]]:
    """Yield what was not checked: rule, why, and how often; equal reasons are told once."""
    skips: dict[tuple[str, str], int] = {}
    for finding in findings:
        if finding["outcome"] == "skip":
            key = (finding["code"], shown(say.told(finding)[0]))
            skips[key] = skips.get(key, 0) + 1
    for (code, message), times in skips.items():
        yield code, message, say("times", n=times) if times > 1 else ""
