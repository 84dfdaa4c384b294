"""Select, walk, run, collect. The engine knows no rule and no sound."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

from stemkit.core.discovery import discover_classes
from stemkit.core.errors import Problem, UsageError
from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, Need, StemFacts, StreamOf
from stemkit.core.film import Waiver
from stemkit.core.finding import Finding, Outcome, Severity, Value, Where
from stemkit.core.positions import film_frame_of
from stemkit.core.profile import Profile
from stemkit.rules._base import (
    ChapterRule,
    EngineRule,
    FilmRule,
    PrintRule,
    Rule,
    StemRule,
    Topic,
    fit_of,
    where_chapter,
    where_stem,
)
from stemkit.rules._superseding import settle

CRASHED, UNUSED_WAIVER = "ENG001", "ENG002"
ALL = "ALL"
COMMON_CONDITIONS = ("skip_no_file", "skip_unusable", "skip_not_measured")
"""Reasons to skip that the engine gives for every rule."""


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What came out of a run.

    Parameters
    ----------
    findings
        In film order: faults, skips and crashes.
    passed
        How often a rule looked at something and found nothing.
    superseded
        What is not told, because other findings make it needless or would contradict it.
    """

    findings: tuple[Finding, ...]
    passed: int
    superseded: tuple[Finding, ...] = ()

    @property
    def has_crashed(self) -> bool:
        """Whether a rule failed as a program."""
        return any(finding.outcome is Outcome.ERROR for finding in self.findings)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return one instance of every rule, by code."""
    found = [kind() for kind in discover_classes("stemkit.rules", Rule)]
    return tuple(sorted(found, key=lambda rule: rule.code))


def rule_of(code: str) -> Rule:
    """Return a rule by its code, in any case.

    Raises
    ------
    UsageError
        If there is none; names the nearest.
    """
    for rule in all_rules():
        if code.upper() in (rule.code, rule.name.upper()):
            return rule
    known = [rule.code for rule in all_rules()]
    near = difflib.get_close_matches(code.upper(), known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "'stemkit rules' lists them all"
    raise UsageError(Problem("unknown_rule", f"there is no rule {code!r}", hint))


def selected_rules(profile: Profile, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> tuple[Rule, ...]:
    """Return the rules to run; the command line's choice replaces the profile's, and ``ignore`` always wins.

    Raises
    ------
    UsageError
        If a choice matches no rule.
    """
    chosen = _prefixes(select) or _prefixes(profile.select)
    ignored = _prefixes(ignore)
    return tuple(
        rule
        for rule in all_rules()
        if not isinstance(rule, EngineRule) and _matches(rule.code, chosen) and not _matches(rule.code, ignored)
    )


def _prefixes(choices: Iterable[str]) -> tuple[str, ...]:
    prefixes = tuple(word.strip().upper() for choice in choices for word in choice.split(",") if word.strip())
    for prefix in prefixes:
        if prefix != ALL and not any(rule.code.startswith(prefix) for rule in all_rules()):
            families = ", ".join(sorted({rule.code[:3] for rule in all_rules()}))
            hint = f"write a code or its beginning; families are {families}, or {ALL}"
            raise UsageError(Problem("unknown_rule", f"no rule's code begins with {prefix!r}", hint))
    return prefixes


def _matches(code: str, prefixes: tuple[str, ...]) -> bool:
    return any(prefix == ALL or code.startswith(prefix) for prefix in prefixes)


def needs_of(rules: Iterable[Rule]) -> frozenset[Need]:
    """Return all that a set of rules must or would like to have measured."""
    return frozenset(need for rule in rules for need in (*rule.needs, *rule.wants))


@dataclass(slots=True)
class _Run:
    facts: FilmFacts
    findings: list[Finding] = field(default_factory=list)
    passed: int = 0

    def take(self, rule: Rule, where: Where, results: Iterator[Finding]) -> None:
        """Collect what a rule yields at one place; a crash is a finding, not the end."""
        before = len(self.findings)
        try:
            self.findings.extend(results)
        except Exception as error:
            del self.findings[before:]
            self.findings.append(_crash(rule, where, error))
        if len(self.findings) == before:
            self.passed += 1

    def stem(self, rule: StemRule, stem: StemFacts, chapter: ChapterFacts) -> None:
        where = where_stem(stem, chapter)
        if (reason := _reason_to_skip(rule, stem)) is None:
            self.take(rule, where, rule.check(stem, chapter, self.facts))
        else:
            self.findings.append(_skip(rule, where, reason))

    def walk(self, rule: Rule) -> None:
        """Show a rule everything of its scope."""
        facts = self.facts
        match rule:
            case StemRule():
                for chapter, stem in ((one, stem) for one in facts.chapters for stem in one.stems):
                    self.stem(rule, stem, chapter)
            case ChapterRule():
                for chapter in facts.chapters:
                    self.take(rule, where_chapter(chapter), rule.check(chapter, facts))
            case PrintRule():
                for rendered in facts.prints:
                    self.take(rule, Where(print=rendered.name, path=rendered.media.path), rule.check(rendered, facts))
            case FilmRule():
                self.take(rule, Where(), rule.check(facts))


def _reason_to_skip(rule: StemRule, stem: StemFacts) -> str | None:
    if stem.media is None:
        return "skip_no_file"
    if not stem.media.is_usable and not rule.takes_unusable:
        return "skip_unusable"
    taken: dict[StreamOf, Measured] = {StreamOf.STEM: stem.measured, StreamOf.CONFORMED: stem.conformed}
    if any(need.what not in taken[need.of].readings for need in rule.needs if need.of in taken):
        return "skip_not_measured"
    return None


def _skip(rule: Rule, where: Where, reason: str) -> Finding:
    return Finding(rule.code, reason, where, severity=Severity.INFO, outcome=Outcome.SKIP)


def _crash(rule: Rule, where: Where, error: Exception) -> Finding:
    params: dict[str, Value] = {"rule": rule.code, "error": type(error).__name__, "detail": str(error)}
    return Finding(CRASHED, "crashed", where, outcome=Outcome.ERROR, params=params)


def run(facts: FilmFacts, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> RuleRun:
    """Run the selected rules over the facts.

    Parameters
    ----------
    facts
        All that is known; what was not measured makes the rules that need it skip.
    select, ignore
        Codes or their beginnings, from the command line.
    """
    rules = selected_rules(facts.profile, select, ignore)
    return run_rules(facts, rules)


def run_rules(facts: FilmFacts, rules: Sequence[Rule]) -> RuleRun:
    """Run given rules over the facts."""
    work = _Run(facts)
    for rule in rules:
        work.walk(rule)
    judged = [_with_severity(finding, facts.profile) for finding in work.findings]
    waived = [_with_waiver(finding, facts) for finding in judged]
    settled = settle(waived, rules)
    told = [*settled.told, *_unused_waivers(facts, waived, {rule.code for rule in rules})]
    return RuleRun(_in_film_order(told), work.passed, _in_film_order(settled.superseded))


def _in_film_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))


def _with_severity(finding: Finding, profile: Profile) -> Finding:
    if finding.outcome is not Outcome.FAIL:
        return finding
    keys = (f"{finding.code}.{finding.condition}", finding.code)
    change = next((profile.severities[key] for key in keys if key in profile.severities), None)
    severity = finding.severity if change is None else change.severity
    # Weak evidence makes warnings only, whatever else a profile says.
    is_sure = finding.confidence >= profile.confidence.least_for(finding.code)
    if severity is Severity.ERROR and (not is_sure or finding.params.get("grade") == "C"):
        severity = Severity.WARNING
    return replace(finding, severity=severity)


def _with_waiver(finding: Finding, facts: FilmFacts) -> Finding:
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


def _unused_waivers(facts: FilmFacts, findings: Sequence[Finding], run_codes: set[str]) -> list[Finding]:
    in_hand = {chapter.chapter.number for chapter in facts.chapters}
    used = {id(finding.waived_by) for finding in findings if finding.waived_by is not None}
    unused = []
    for waiver in facts.film.waivers:
        code = waiver.rule.upper().split(".")[0]
        is_known = any(rule.code == code for rule in all_rules())
        is_here = waiver.chapter in in_hand or (waiver.chapter is None and not facts.film.is_excerpt)
        is_for_prints = not facts.prints and waiver.chapter is None and waiver.role is None and code in _print_codes()
        looked_at = code in run_codes and is_here and not is_for_prints
        if id(waiver) in used or (is_known and not looked_at):
            continue
        params: dict[str, Value] = {"rule": waiver.rule, "reason": waiver.reason, "line": waiver.line}
        where = Where(chapter=waiver.chapter, role=waiver.role)
        condition = "unused" if is_known else "unknown_rule"
        unused.append(Finding(UNUSED_WAIVER, condition, where, severity=Severity.WARNING, params=params))
    return unused


@cache
def _print_codes() -> frozenset[str]:
    """Return the codes of the rules that judge prints too: a check of deliveries cannot tell if these waivers match."""
    rules = (
        rule
        for rule in all_rules()
        if isinstance(rule, PrintRule)
        or rule.topic is Topic.PRINT
        or any(need.of is StreamOf.PRINT for need in (*rule.needs, *rule.wants))
    )
    return frozenset(rule.code for rule in rules)


def topic_of(code: str, condition: str = "") -> Topic:
    """Return what a finding is about; ranks it for people."""
    rule = next((rule for rule in all_rules() if rule.code == code), None)
    return Topic.ENGINE if rule is None else rule.topics.get(condition, rule.topic)
