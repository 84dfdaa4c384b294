"""What the page says, in reading order: verdict, the numbers that matter, timeline, findings, chapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stemkit.report.build import blocks
from stemkit.report.charts import Timeline, timeline
from stemkit.report.figures import Figure, build_figures
from stemkit.report.listing import STATES, Group, Item, build_groups, build_item, build_skipped, state_of
from stemkit.report.matrix import Row, build_rows
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import shown, thousands, typeset

_ENGLISH = Speech()


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that a template sets in the first half."""

    title: str
    kind: str
    heading: str
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
    rules: tuple[tuple[str, str, str, str, str], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The rules that found something, for the filter."""
        return tuple(sorted({item.code for group in self.groups for item in group.items}))

    @property
    def has_dialogue(self) -> bool:
        """Whether any chapter has a level of its dialogue."""
        return any(row.dialogue_value is not None for row in self.rows)

    @property
    def has_trims(self) -> bool:
        """Whether the balance plan moved any chapter."""
        return any(row.trim for row in self.rows)


def build_page(report: Report, say: Speech = _ENGLISH) -> Page:
    """Return the page of a report."""
    states = chapter_states(report)
    ready = report["verdict"] == "ready"
    groups = build_groups(report, say)
    return Page(
        title=shown(_title(report, say)),
        kind=report["kind"],
        heading=say({"mix": "mix_report", "chapter": "chapter_report"}.get(report["kind"], "delivery_check")),
        verdict=verdict_words(report, say),
        verdict_state="ok" if ready else "warning" if report["verdict"] == "fix" else "error",
        reasons=tuple(_reasons(report, say)),
        counts=tuple(count_words(report, say)),
        figures=tuple(build_figures(report, say)),
        timeline=timeline(report, states, say),
        groups=groups,
        rows=tuple(build_rows(report, states, say)),
        skipped=tuple(build_skipped(report["findings"], say)),
        waived=tuple(build_item(f, report, say) for f in report["findings"] if f["waived"]),
        rules=tuple(_rules(report, say)),
    )


def chapter_states(report: Report) -> dict[int, str]:
    """Return the state of each chapter: the worst of its findings that nobody waived or repaired."""
    worst = {chapter["number"]: 0 for chapter in report["chapters"]}
    for finding in report["findings"]:
        number_ = finding["chapter"]
        if number_ in worst and finding["outcome"] != "skip" and not finding["waived"]:
            is_remark = finding["severity"] == "info"
            worst[number_] = max(worst[number_], 0 if is_remark else STATES.index(state_of(finding)))
    for item in (*report["missing"], *report["refused"]):
        if item["chapter"] in worst:
            worst[item["chapter"]] = 3
    return {chapter: STATES[index] for chapter, index in worst.items()}


def verdict_words(report: Report, say: Speech = _ENGLISH) -> str:
    """Return the verdict in words."""
    profile = shown(report["profile"]["name"])
    if report["kind"] in ("check", "chapter"):
        return say(f"{report['kind']}_{report['verdict']}", profile=profile)
    if report["verdict"] == "ready":
        return say("deliverable", profile=profile)
    return say("not_rendered" if not report["prints"] else "not_deliverable")


def _title(report: Report, say: Speech) -> str:
    """Return the film's title, else that of the only chapter."""
    chapters = report["chapters"]
    only = chapters[0]["title"] if len(chapters) == 1 else ""
    if report["kind"] == "chapter":
        parts = [report["film"]["title"], say("chapter", n=chapters[0]["number"]), only]
        return " · ".join(str(part) for part in parts if part)
    return str(report["film"]["title"] or only or say("delivery"))


def _reasons(report: Report, say: Speech) -> Iterator[str]:
    yield from _holes(report, say)
    blocking = [finding for finding in report["findings"] if blocks(finding)]
    if report["kind"] == "check" and len(report["chapters"]) > 1:
        yield _accepted(report["chapters"], say)
    if report["verdict"] != "fix":
        yield from _worst(blocking, say)
    null = report["null_test"]
    if null and null["exact"]:
        yield say("null_exact", samples=thousands(null["samples"]))
    elif null and not blocking:
        yield say("null_off", residual=null["max_residual_lsb"])


def _holes(report: Report, say: Speech) -> Iterator[str]:
    if report["refused"] and report["kind"] == "check":
        yield say("would_refuse")
    told = {(f["code"], f["chapter"], f["role"]): f for f in report["findings"]}
    for item in report["refused"]:
        finding = told.get((item["code"], item["chapter"], item["role"]))
        reason = say.told(finding)[0] if finding else item["reason"]
        yield shown(say("reason_refused", chapter=item["chapter"], role=say.role(item["role"]), reason=reason))
    for item in report["missing"]:
        words = {"chapter": item["chapter"], "role": say.role(item["role"]), "reason": item["reason"]}
        yield shown(say("reason_silence", **words))


def _accepted(chapters: Sequence[Mapping[str, Any]], say: Speech) -> str:
    verdicts = [chapter["verdict"] for chapter in chapters]
    found = [word for word in ("ready", "fix", "ask") if word in verdicts]
    parts = ", ".join(say(f"accepted_{word}", n=verdicts.count(word)) for word in found)
    return say("accepted_of", chapters=say("chapters_counted", n=len(chapters)), parts=parts)


def _worst(blocking: Sequence[Mapping[str, Any]], say: Speech) -> Iterator[str]:
    for finding in blocking[:3]:
        chapter = "" if finding["chapter"] is None else say("place_chapter", n=finding["chapter"])
        lead = " ".join(part for part in (chapter, finding["role"] or "") if part)
        message = say.told(finding)[0]
        yield typeset(say("reason_placed", place=lead, message=message) if lead else message)
    if len(blocking) > 3:
        yield say("and_more_errors", n=len(blocking) - 3)


def count_words(report: Report, say: Speech = _ENGLISH) -> Iterator[tuple[str, str]]:
    """Yield the counts as the page shows them, each with its state."""
    shown_findings = [f for f in report["findings"] if f["outcome"] != "skip" and not f["waived"]]
    repaired = sum(f["repaired"] and f["severity"] != "info" for f in shown_findings)
    open_errors = sum(blocks(f) for f in shown_findings)
    warnings = sum(state_of(f) == "warning" for f in shown_findings)
    counts = report["counts"]
    yield "error" if open_errors else "quiet", say("errors", n=open_errors)
    if repaired:
        yield "note", say("repaired_faults", n=repaired)
    yield "warning" if warnings else "quiet", say("warnings", n=warnings)
    for word in ("waived", "skipped", "passed"):
        if counts.get(word):
            yield "quiet", say(f"{word}_count", n=counts[word])


def _rules(report: Report, say: Speech) -> Iterator[tuple[str, str, str, str, str]]:
    for code in sorted({str(finding["code"]) for finding in report["findings"]}):
        explained = say.explained(code)
        if explained is not None:
            yield (code, *explained)
