"""Every rule against its data file: what it must find, what it must leave alone, what a fix cures."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from stemkit.core.finding import Finding, Outcome
from stemkit.rules._base import EngineRule
from stemkit.rules._engine import COMMON_CONDITIONS, all_rules, rule_of, run
from stemkit.texts import render
from tests.rules.building import Case, facts_of, with_fixes

CASES = Path(__file__).parent / "cases"


def _cases() -> list[Case]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        found += [Case.read(path.stem, case) for case in data["case"]]
    return found


def _found(case: Case, findings: Sequence[Finding]) -> list[str]:
    own = [finding for finding in findings if finding.code == case.code]
    return [_told(finding, wanted) for finding, wanted in zip(own, [*case.expect, *[""] * len(own)], strict=False)]


def _told(finding: Finding, wanted: str) -> str:
    """Say as much of a finding as the case says."""
    severity = "skip" if finding.outcome is Outcome.SKIP else finding.severity.value
    severity = "waived" if finding.waived_by else severity
    words = [finding.condition, severity, str(finding.where.chapter), str(finding.where.role)]
    return " ".join(words[: max(1, len(wanted.split()))])


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case.code}: {case.name}")
def test_case(case: Case) -> None:
    select = () if case.code.startswith("ENG") else (case.code,)
    result = run(facts_of(case.film), select=select)
    assert _found(case, result.findings) == list(case.expect)
    for finding in result.findings:
        message, advice = render(finding)
        assert message
        assert not re.search(r"undefined|None|[{}]", message + advice), message
        assert advice or finding.outcome is Outcome.SKIP


@pytest.mark.parametrize(
    "case", [case for case in _cases() if case.has_fix], ids=lambda case: f"{case.code}: {case.name}"
)
def test_what_is_repaired_is_not_found_again(case: Case) -> None:
    facts = facts_of(case.film)
    findings = run(facts, select=(case.code,)).findings
    assert any(finding.fixes for finding in findings)
    again = run(with_fixes(facts, findings), select=(case.code,)).findings
    assert [finding for finding in again if finding.is_blocking or finding.fixes] == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_has_cases_that_pass_and_cases_for_all_its_conditions(rule: object) -> None:
    cases = [case for case in _cases() if case.code == getattr(rule, "code", "")]
    seen = {wanted.split()[0] for case in cases for wanted in case.expect}
    assert seen - set(COMMON_CONDITIONS) >= set(getattr(rule, "conditions", ())) - {"crashed"}
    assert any(not case.expect for case in cases) or isinstance(rule, EngineRule)
    fix = getattr(rule, "fix", "none")
    assert fix == "none" or any(case.has_fix for case in cases), "a rule with a fix has a case that is fixed"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_case_file_belongs_to_a_rule(path: Path) -> None:
    assert rule_of(path.stem).code == path.stem


def test_a_clean_film_passes_everything() -> None:
    result = run(facts_of({}))
    assert result.findings == ()
    assert result.passed > 20
