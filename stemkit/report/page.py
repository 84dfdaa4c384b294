"""What the page says, in reading order: verdict, the three numbers, chapters, findings, work done, proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from stemkit.report.build import blocks
from stemkit.report.charts import Timeline, timeline
from stemkit.report.figures import Figure, build_figures
from stemkit.report.model import Report
from stemkit.report.words import (
    DASH,
    clock,
    media_format,
    number,
    plural,
    role_name,
    short_path,
    shown,
    thousands,
    typeset,
)

ROLES = ("VO", "SFX", "MUSIC")
_STATES = ("ok", "note", "warning", "error")
_SEVERITY_STATE = {"error": "error", "warning": "warning", "info": "note"}


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


@dataclass(frozen=True, slots=True)
class Row:
    """One chapter in the table: who, where, what was delivered per role, how loud."""

    number: int
    title: str
    creator: str
    start: str
    length: str
    stems: Mapping[str, tuple[tuple[str, str], ...]]
    loudness: str
    true_peak: str
    state: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that a template sets."""

    title: str
    kind: str
    verdict: str
    verdict_state: str
    reasons: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    timeline: Timeline | None
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    skipped: tuple[tuple[str, str, str], ...]
    waived: tuple[Item, ...]


def build_page(report: Report) -> Page:
    """Return the page of a report."""
    states = chapter_states(report)
    findings = [f for f in report["findings"] if f["outcome"] != "skip" and not f["waived"]]
    ready = report["verdict"] == "ready"
    return Page(
        title=shown(_title(report)),
        kind=report["kind"],
        verdict=_verdict(report),
        verdict_state="ok" if ready else "warning" if report["verdict"] == "fix" else "error",
        reasons=tuple(_reasons(report)),
        counts=tuple(_counts(report)),
        figures=tuple(build_figures(report)),
        timeline=timeline(report, states),
        groups=tuple(_groups([*_stopped(report, findings), *findings], report)),
        rows=tuple(_row(chapter, report, states) for chapter in report["chapters"]),
        skipped=tuple(_skipped(report["findings"])),
        waived=tuple(_item(f, report) for f in report["findings"] if f["waived"]),
    )


def chapter_states(report: Report) -> dict[int, str]:
    """Return the state of each chapter: the worst of its findings that nobody waived or repaired."""
    worst = {chapter["number"]: 0 for chapter in report["chapters"]}
    for finding in report["findings"]:
        number_ = finding["chapter"]
        if number_ in worst and finding["outcome"] != "skip" and not finding["waived"]:
            is_remark = finding["severity"] == "info"
            worst[number_] = max(worst[number_], 0 if is_remark else _STATES.index(_state(finding)))
    for item in (*report["missing"], *report["refused"]):
        if item["chapter"] in worst:
            worst[item["chapter"]] = 3
    return {chapter: _STATES[index] for chapter, index in worst.items()}


def _state(finding: Mapping[str, Any]) -> str:
    return "note" if finding["repaired"] else _SEVERITY_STATE[finding["severity"]]


def _verdict(report: Report) -> str:
    profile = shown(report["profile"]["name"])
    if report["kind"] == "check":
        words = {
            "ready": f"Ready for {profile}",
            "fix": "Not ready yet, but every error can be repaired without a listener noticing",
            "ask": "Not ready: somebody has to act",
        }
        return words[report["verdict"]]
    if report["verdict"] == "ready":
        return f"Deliverable by {profile}"
    return "Not rendered" if not report["prints"] else "Not deliverable yet"


def _title(report: Report) -> str:
    """Return the film's title, else that of the only chapter."""
    chapters = report["chapters"]
    only = chapters[0]["title"] if len(chapters) == 1 else ""
    return str(report["film"]["title"] or only or "Delivery")


def _reasons(report: Report) -> Iterator[str]:
    for item in report["refused"]:
        yield shown(f"chapter {item['chapter']} {role_name(item['role'])}: {item['reason']}")
    for item in report["missing"]:
        yield shown(f"chapter {item['chapter']} {role_name(item['role'])} is silence: {item['reason']}")
    blocking = [finding for finding in report["findings"] if blocks(finding)]
    if report["kind"] == "check" and len(report["chapters"]) > 1:
        yield _accepted(report["chapters"])
    if report["verdict"] != "fix":
        yield from _worst(blocking)
    null = report["null_test"]
    if null and null["exact"]:
        yield f"the stems add up to the mix exactly, in every one of {thousands(null['samples'])} samples"
    elif null and not blocking:
        yield f"the stems do not add up to the mix: up to {null['max_residual_lsb']} LSB remain"


def _accepted(chapters: Sequence[Mapping[str, Any]]) -> str:
    verdicts = [chapter["verdict"] for chapter in chapters]
    words = {"ready": "ready", "fix": "to be repaired by a tool", "ask": "waiting for somebody"}
    parts = [f"{verdicts.count(verdict)} {text}" for verdict, text in words.items() if verdict in verdicts]
    return f"of {plural(len(chapters), 'chapter')}, {', '.join(parts)}"


def _worst(blocking: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for finding in blocking[:3]:
        place = [f"chapter {finding['chapter']}" if finding["chapter"] is not None else "", finding["role"] or ""]
        lead = " ".join(part for part in place if part)
        yield typeset(f"{lead}: {finding['message']}" if lead else finding["message"])
    if len(blocking) > 3:
        yield f"and {plural(len(blocking) - 3, 'more error')}"


def _counts(report: Report) -> Iterator[tuple[str, str]]:
    shown_findings = [f for f in report["findings"] if f["outcome"] != "skip" and not f["waived"]]
    repaired = sum(f["repaired"] and f["severity"] != "info" for f in shown_findings)
    open_errors = sum(blocks(f) for f in shown_findings)
    warnings = sum(_state(f) == "warning" for f in shown_findings)
    counts = report["counts"]
    yield "error" if open_errors else "quiet", plural(open_errors, "error")
    if repaired:
        yield "note", f"{plural(repaired, 'fault')} repaired on the way"
    yield "warning" if warnings else "quiet", plural(warnings, "warning")
    for word, text in (("waived", "waived"), ("skipped", "not checked"), ("passed", "passed")):
        if counts.get(word):
            yield "quiet", f"{counts[word]} {text}"


def _stopped(report: Report, findings: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what stopped the mix, or is silence in it, where no finding says so already."""
    told = {(finding["code"], finding["chapter"], finding["role"]) for finding in findings}
    blank: dict[str, Any] = {"repaired": False, "severity": "error", "start_tc": None, "params": {}, "waived": False}
    for item in (*report["refused"], *report["missing"]):
        code = item.get("code", "MIX")
        if (code, item["chapter"], item["role"]) not in told:
            words = {"message": item["reason"], "advice": item.get("advice", ""), "name": item.get("path")}
            yield {**blank, **words, "code": code, "chapter": item["chapter"], "role": item["role"]}


def _groups(findings: Sequence[Mapping[str, Any]], report: Report) -> Iterator[Group]:
    titles = {chapter["number"]: chapter for chapter in report["chapters"]}

    def chapter_key(finding: Mapping[str, Any]) -> int:
        return -1 if finding["chapter"] is None else int(finding["chapter"])

    for key, members in groupby(sorted(findings, key=chapter_key), key=chapter_key):
        items = sorted((_item(finding, report) for finding in members), key=lambda item: -_STATES.index(item.state))
        name = "film" if key < 0 else str(key)
        yield Group(f"findings-{name}", _group_title(key, titles.get(key)), tuple(_folded(items)))


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


def _group_title(number_: int, chapter: Mapping[str, Any] | None) -> str:
    if number_ < 0:
        return "The film"
    parts = [f"Chapter {number_}"]
    if chapter:
        parts += [str(part) for part in (chapter["title"], chapter["creator"]) if part]
    return shown(" · ".join(parts))


def _item(finding: Mapping[str, Any], report: Report) -> Item:
    file = finding["name"] and short_path(finding["name"], report)
    where = [finding["role"], finding["start_tc"], file]
    return Item(
        code=finding["code"],
        state=_state(finding),
        tag="repaired" if finding["repaired"] and finding["severity"] != "info" else "",
        message=typeset(finding["message"]),
        advice="" if finding["repaired"] else typeset(finding["advice"] or ""),
        place=shown(" · ".join(str(part) for part in where if part)),
        reason=shown(finding["params"].get("waiver_reason", "")),
    )


def _row(chapter: Mapping[str, Any], report: Report, states: Mapping[int, str]) -> Row:
    measured = chapter.get("measured") or {}
    length = chapter["end_s"] - chapter["start_s"] if chapter["end_s"] is not None else None
    state = states[chapter["number"]]
    words = {"ok": "clean", "note": "repaired", "warning": "look", "error": "open"}
    words |= {"error": "repairable"} if report["kind"] == "check" and chapter["verdict"] == "fix" else {}
    return Row(
        number=chapter["number"],
        title=shown(chapter["title"] or ""),
        creator=shown(chapter["creator"] or ""),
        start=chapter["start_tc"] or DASH,
        length=clock(length),
        stems={role: tuple(_stems(chapter, role, report)) for role in ROLES},
        loudness=number(measured.get("programme_loudness_lufs")),
        true_peak=number(measured.get("true_peak_dbtp")),
        state=state,
        verdict=words[state],
    )


def _stems(chapter: Mapping[str, Any], role: str, report: Report) -> Iterator[tuple[str, str]]:
    """Yield format and fate of each stem of a role; one line that says so where there is none."""
    items = {item["source"]: item for item in report["conform"] if item["chapter"] == chapter["number"]}
    stems = [stem for stem in chapter["stems"] if stem["role"] == role]
    for stem in stems:
        item = items.get(stem["path"])
        fate = "repaired" if item and item["status"] == "written" else ""
        yield shown(media_format(stem["media"])), "missing" if not stem["media"] else fate
    if not stems:
        yield "missing", "missing"


def _skipped(findings: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield what was not checked: rule, why, and how often; equal reasons are told once."""
    skips: dict[tuple[str, str], int] = {}
    for finding in findings:
        if finding["outcome"] == "skip":
            key = (finding["code"], shown(finding["message"]))
            skips[key] = skips.get(key, 0) + 1
    for (code, message), times in skips.items():
        yield code, message, plural(times, "time") if times > 1 else ""
