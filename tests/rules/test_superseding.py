"""One advice at a time: what is told where several rules speak about one thing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stemkit.core.finding import Finding, Outcome
from stemkit.rules._base import Rule
from stemkit.rules._engine import all_rules, run
from tests.rules.building import facts_of

_CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("superseding.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_what_is_told(case: dict[str, Any]) -> None:
    result = run(facts_of({key: value for key, value in case.items() if key not in ("name", "told", "superseded")}))
    assert sorted(_codes(result.findings)) == case["told"]
    assert sorted(_codes(result.superseded)) == case["superseded"]


def _codes(findings: tuple[Finding, ...]) -> Iterator[str]:
    return (f"{one.code}.{one.condition}" for one in findings if one.outcome is Outcome.FAIL)


def test_a_waiver_of_something_superseded_is_not_unused() -> None:
    case = next(case for case in _CASES if case["name"].startswith("next to silent"))
    waiver = {"rule": "LUD006", "reason": "a whisper", "chapter": 1}
    result = run(facts_of({"stems": case["stems"], "waivers": [waiver]}))
    assert "ENG002" not in {one.code for one in result.findings}


@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule.supersedes], ids=lambda rule: rule.code)
def test_only_codes_and_conditions_that_exist_are_named(rule: Rule) -> None:
    known = {
        name for other in all_rules() for name in (other.code, *(f"{other.code}.{one}" for one in other.conditions))
    }
    for row in rule.supersedes:
        assert set(row.codes) <= known
        assert set(row.by) <= set(rule.conditions)
        assert not any(code.partition(".")[0] == rule.code for code in row.codes)


def test_no_two_rules_supersede_each_other() -> None:
    pairs = {
        (rule.code, code.partition(".")[0]) for rule in all_rules() for row in rule.supersedes for code in row.codes
    }
    assert not [pair for pair in pairs if pair[::-1] in pairs and pair not in _BY_CONDITION]


_BY_CONDITION = {("STM001", "STM002"), ("STM002", "STM001")}
"""Pairs that name conditions, of which never both can be there."""
