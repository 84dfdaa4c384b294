"""Select, walk, run, collect. The engine knows no rule and no sound."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from stemkit.core.discovery import discover_classes
from stemkit.core.errors import Problem, UsageError
from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Outcome, Severity, Value, Where
from stemkit.core.profile import Profile
from stemkit.rules._base import (
    ChapterRule,
    EngineRule,
    FilmRule,
    PrintRule,
    Rule,
    StemRule,
    Topic,
    where_chapter,
    where_stem,
)
from stemkit.rules._superseding import settle
from stemkit.rules._waivers import unused_waivers, with_waiver

CRASHED = "ENG001"
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
    waived = [with_waiver(finding, facts) for finding in judged]
    settled = settle(waived, rules)
    told = [*settled.told, *unused_waivers(facts, waived, {rule.code for rule in rules}, all_rules())]
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


def topic_of(code: str, condition: str = "") -> Topic:
    """Return what a finding is about; ranks it for people."""
    rule = next((rule for rule in all_rules() if rule.code == code), None)
    return Topic.ENGINE if rule is None else rule.topics.get(condition, rule.topic)
