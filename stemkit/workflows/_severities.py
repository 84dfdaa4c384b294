"""What the command line says about severities: which to list, and which a rule's findings have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stemkit.core.errors import Problem, UsageError
from stemkit.core.finding import Finding, Outcome, Severity
from stemkit.core.profile import Profile
from stemkit.core.profile_form import SeverityChange
from stemkit.rules._engine import RuleRun, rule_of

_ORDER = tuple(Severity)
_REASON = "asked for on the command line"


@dataclass(frozen=True, slots=True)
class Severities:
    """Choices of one run.

    Parameters
    ----------
    least
        Findings below this are not listed; what could not be checked always is.
    changes
        Severities by code, or by code and condition.
    """

    least: Severity = Severity.INFO
    changes: tuple[tuple[str, Severity], ...] = ()

    @classmethod
    def read(cls, choices: Sequence[str]) -> Severities:
        """Read ``LEVEL`` and ``CODE=LEVEL``, several in one choice where commas stand between them.

        Raises
        ------
        UsageError
            If a level or a code does not exist.
        """
        least, changes = Severity.INFO, []
        for word in (part.strip() for choice in choices for part in choice.split(",")):
            code, is_change, level = word.rpartition("=")
            severity = _level(level.strip(), word)
            if not is_change:
                least = severity
                continue
            name, _, condition = code.strip().partition(".")
            rule = rule_of(name)
            if condition and condition not in rule.conditions:
                hint = f"its conditions are {', '.join(rule.conditions)}"
                raise UsageError(Problem("unknown_condition", f"{rule.code} has no condition {condition!r}", hint))
            changes.append((f"{rule.code}.{condition}" if condition else rule.code, severity))
        return cls(least, tuple(changes))

    def of_profile(self, profile: Profile) -> Profile:
        """Return the profile with the changed severities; a change of a code outdoes those of its conditions."""
        kept = dict(profile.severities)
        for code, severity in self.changes:
            kept = {key: change for key, change in kept.items() if not key.startswith(f"{code}.")}
            kept[code] = SeverityChange(severity=severity, reason=_REASON)
        return profile.model_copy(update={"severities": kept}) if self.changes else profile

    def listed(self, run: RuleRun) -> RuleRun:
        """Return the run without what is not to be listed."""
        return replace(run, findings=tuple(filter(self._is_listed, run.findings)))

    def _is_listed(self, finding: Finding) -> bool:
        return finding.outcome is not Outcome.FAIL or _ORDER.index(finding.severity) <= _ORDER.index(self.least)


def unknown_codes(profile: Profile) -> list[Problem]:
    """Return what a profile says about rules that do not exist: nothing would come of it."""
    problems = []
    for table, keys in (("severities", profile.severities), ("confidence.rules", profile.confidence.rules)):
        for key in keys:
            code, _, condition = key.partition(".")
            try:
                rule = rule_of(code)
            except UsageError as error:
                problems += [replace(problem, key=f"{table}.{key}") for problem in error.problems]
                continue
            if code != rule.code or (condition and condition not in rule.conditions):
                hint = f"write {rule.code}, or with one of its conditions: {', '.join(rule.conditions)}"
                problems.append(Problem("unknown_condition", f"{key!r} names no finding", hint, key=f"{table}.{key}"))
    return problems


def _level(text: str, word: str) -> Severity:
    try:
        return Severity(text.casefold())
    except ValueError:
        hint = "write error, warning or info, or CODE=LEVEL"
        raise UsageError(Problem("unknown_severity", f"{word!r} is no severity", hint)) from None
