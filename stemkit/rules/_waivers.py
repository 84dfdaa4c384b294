"""Waivers: which finding one covers, and which cover nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from stemkit.core.facts import FilmFacts, StreamOf
from stemkit.core.film import Waiver
from stemkit.core.finding import Finding, Outcome, Severity, Value, Where
from stemkit.core.positions import film_frame_of
from stemkit.rules._base import PrintRule, Rule, Topic, fit_of

UNUSED_WAIVER = "ENG002"


def with_waiver(finding: Finding, facts: FilmFacts) -> Finding:
    """Return a finding with the waiver that covers it, if there is one."""
    if finding.outcome is not Outcome.FAIL:
        return finding
    waiver = next(filter(partial(_covers, finding, facts), facts.film.waivers), None)
    return replace(finding, waived_by=waiver) if waiver else finding


def _covers(finding: Finding, facts: FilmFacts, waiver: Waiver) -> bool:
    where = finding.where
    if waiver.rule.upper() not in (finding.code, f"{finding.code}.{finding.condition}".upper()):
        return False
    if waiver.chapter is not None and waiver.chapter != where.chapter:
        return False
    if waiver.role is not None and waiver.role is not where.role:
        return False
    if waiver.start_frame is None or waiver.end_frame is None:
        return True
    frames = _frames_of(finding, facts)
    return frames is not None and waiver.start_frame <= frames[0] and frames[1] <= waiver.end_frame


def _frames_of(finding: Finding, facts: FilmFacts) -> tuple[int, int] | None:
    """Return the first and the last frame of a finding in the film."""
    where = finding.where
    chapter = next((one for one in facts.chapters if one.chapter.number == where.chapter), None)
    if where.span_in_file is None or where.chapter is None or chapter is None:
        return None
    stem = next((one for one in chapter.stems if one.stem.path == where.path), None)
    fit = fit_of(stem, chapter, facts) if stem else None
    rate_hz = stem.media.sample_rate_hz if stem and stem.media else facts.profile.format.sample_rate_hz
    last = max(where.span_in_file.start, where.span_in_file.end - 1)
    ends = [
        film_frame_of(facts.film, where.chapter, fit, sample, rate_hz) for sample in (where.span_in_file.start, last)
    ]
    return (ends[0], ends[1]) if ends[0] is not None and ends[1] is not None else None


def unused_waivers(
    facts: FilmFacts, findings: Sequence[Finding], run_codes: Collection[str], known: Sequence[Rule]
) -> list[Finding]:
    """Return a finding for each waiver that matches nothing although its rule has looked."""
    codes, of_prints = {rule.code for rule in known}, {rule.code for rule in known if _judges_prints(rule)}
    used = {id(finding.waived_by) for finding in findings if finding.waived_by is not None}
    unused = []
    for waiver in facts.film.waivers:
        code = waiver.rule.upper().split(".")[0]
        is_known = code in codes
        is_checked = code in run_codes and _is_in_hand(waiver, facts, is_for_prints=code in of_prints)
        if id(waiver) in used or (is_known and not is_checked) or _is_told_of_the_chapter(waiver, code, findings):
            continue
        params: dict[str, Value] = {"rule": waiver.rule, "reason": waiver.reason, "line": waiver.line}
        where = Where(chapter=waiver.chapter, role=waiver.role)
        condition = "unused" if is_known else "unknown_rule"
        unused.append(Finding(UNUSED_WAIVER, condition, where, severity=Severity.WARNING, params=params))
    return unused


def _judges_prints(rule: Rule) -> bool:
    needs_prints = any(need.of is StreamOf.PRINT for need in (*rule.needs, *rule.wants))
    return isinstance(rule, PrintRule) or rule.topic is Topic.PRINT or needs_prints


def _is_in_hand(waiver: Waiver, facts: FilmFacts, *, is_for_prints: bool) -> bool:
    """Tell whether what a waiver is about was checked; a check of deliveries sees no prints."""
    if waiver.chapter is not None:
        return waiver.chapter in {chapter.chapter.number for chapter in facts.chapters}
    return not facts.film.is_excerpt and not (is_for_prints and waiver.role is None and not facts.prints)


def _is_told_of_the_chapter(waiver: Waiver, code: str, findings: Sequence[Finding]) -> bool:
    """Tell whether a waiver for one stem would match if the fault were not told of the chapter as a whole."""
    if waiver.role is None:
        return False
    return any(
        finding.code == code and finding.where.chapter == waiver.chapter and finding.where.role is None
        for finding in findings
        if finding.outcome is Outcome.FAIL
    )
