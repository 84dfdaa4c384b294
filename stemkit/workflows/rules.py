"""What stemkit checks: all rules in a list, or one explained with the numbers of a profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stemkit import __version__
from stemkit.core.profile import Profile, load_profile
from stemkit.report.speech import Speech
from stemkit.rules._base import Rule
from stemkit.rules._engine import all_rules, rule_of, selected_rules
from stemkit.texts import Explanation, explanation
from stemkit.texts.language import DEFAULT


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One rule, what is said about it, and what a profile makes of it."""

    rule: Rule
    text: Explanation
    severity: str
    is_selected: bool
    settings: dict[str, Any]
    reason: str | None = None
    least_confidence: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as JSON data."""
        return {
            "code": self.rule.code,
            "name": self.rule.name,
            "title": self.text.title,
            "topic": self.rule.topic.name.lower(),
            "severity": self.severity,
            "fix": None if self.rule.fix == "none" else self.rule.fix,
            "selected": self.is_selected,
            "conditions": [one for one in self.rule.conditions if not one.startswith("skip_")],
            "what": self.text.what,
            "why": self.text.why,
            "how": self.text.how,
            "profile_keys": list(self.text.profile_keys),
            "profile_values": self.settings,
            "severity_reason": self.reason,
            "least_confidence": self.least_confidence,
            "references": list(self.text.references),
        }


def list_rules(profile_name: str, lang: str = DEFAULT) -> tuple[RuleInfo, ...]:
    """Return all rules with what a profile makes of them, in a language."""
    profile = load_profile(profile_name)
    return tuple(_info(rule, profile, lang) for rule in all_rules())


def explain(code: str, profile_name: str, lang: str = DEFAULT) -> RuleInfo:
    """Return one rule, by code or name, in a language.

    Raises
    ------
    UsageError
        If there is no such rule.
    """
    return _info(rule_of(code), load_profile(profile_name), lang)


def as_json(rules: tuple[RuleInfo, ...], profile_name: str) -> dict[str, Any]:
    """Return rules as one JSON object."""
    profile = load_profile(profile_name)
    return {
        "schema": "stemkit/rules/1",
        "version": __version__,
        "profile": {"name": profile.name, "revision": profile.revision},
        "rules": [rule.as_dict() for rule in rules],
    }


def as_markdown(rules: tuple[RuleInfo, ...]) -> str:
    """Return the table that the README holds."""
    rows = ["| Code | What it checks | Severity | Tool can repair |", "|---|---|---|---|"]
    for info in rules:
        fix = {"none": "", "safe": "yes", "unsafe": "after your yes"}[info.rule.fix]
        what = info.text.what.split(". ")[0].rstrip(".").replace("|", "\\|")
        rows.append(f"| `{info.rule.code}` | **{info.text.title}**: {what} | {info.severity} | {fix} |")
    return "\n".join(rows)


def as_text(info: RuleInfo, profile_name: str, lang: str = DEFAULT) -> str:
    """Return the explanation of one rule for a terminal."""
    return "\n".join(_lines(info, profile_name, Speech(lang)))


def _lines(info: RuleInfo, profile_name: str, say: Speech) -> Iterator[str]:
    import textwrap

    yield f"{info.rule.code}  {info.text.title}  ({say.severity(info.severity)})"
    parts = (("explain_what", info.text.what), ("explain_why", info.text.why), ("explain_how", info.text.how))
    for head, body in parts:
        yield f"\n{say(head)}"
        yield textwrap.fill(body, 96, initial_indent="  ", subsequent_indent="  ")
    yield f"\n{say('explain_repair')}"
    yield f"  {say(f'explain_repair_{info.rule.fix}')}"
    yield f"\n{say('explain_profile', profile=profile_name)}"
    for key, value in info.settings.items():
        yield f"  {key} = {_shown(value, say)}"
    reason = f" ({info.reason})" if info.reason else ""
    yield f"  {say('explain_severity', severity=say.severity(info.severity))}{reason}"
    yield f"  {say('explain_confidence', percent=f'{100 * info.least_confidence:g}')}"
    yield f"\n{say('explain_references')}"
    for reference in info.text.references or (say("explain_no_reference"),):
        yield f"  {reference}"


def _shown(value: Any, say: Speech) -> str:
    if isinstance(value, dict):
        stated = {label: one for label, one in value.items() if one is not None}
        return ", ".join(f"{_shown(one, say)} ({label})" for label, one in stated.items()) or say("explain_not_stated")
    if isinstance(value, list):
        return ", ".join(_shown(one, say) for one in value)
    return say("explain_not_stated") if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _info(rule: Rule, profile: Profile, lang: str = DEFAULT) -> RuleInfo:
    change = profile.severities.get(rule.code)
    severity = change.severity.value if change else rule.severity.value
    text = explanation(rule.code, lang)
    settings = {key: _setting(profile, key) for key in text.profile_keys}
    is_selected = rule in selected_rules(profile) or rule.code.startswith("ENG")
    reason = change.reason if change else None
    return RuleInfo(rule, text, severity, is_selected, settings, reason, profile.confidence.least_for(rule.code))


def _setting(profile: Profile, key: str) -> Any:
    """Return what a profile states under a dotted key; lists of tables give one value for each table."""
    value: Any = profile.model_dump(mode="json")
    table, _, field = key.partition(".")
    if table in value["not_published"]:
        return f"not published: {value['not_published'][table]}"
    part = value[table]
    if isinstance(part, list):
        return dict(zip(_labels(part), (entry.get(field) for entry in part), strict=True))
    return part[field] if field else part


def _labels(entries: list[dict[str, Any]]) -> list[str]:
    """Name each table by what it is about, with as many words as tell it from the others."""
    for names in (
        ("of",),
        ("of", "quantity"),
        ("of", "prints"),
        ("of", "quantity", "target_lufs"),
        ("role",),
        ("name",),
    ):
        labels = [" ".join(_word(entry.get(name)) for name in names).strip() for entry in entries]
        if all(labels) and len(set(labels)) == len(labels):
            return labels
    return [f"{entry.get('of') or 'row'} {number}" for number, entry in enumerate(entries, start=1)]


def _word(value: Any) -> str:
    return "/".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
