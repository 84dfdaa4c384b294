"""Selection, severities, crashes: what the engine does whatever the rules are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stemkit.core.errors import UsageError
from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Outcome, Severity
from stemkit.core.profile import load_profile
from stemkit.rules import _engine
from stemkit.rules._base import EngineRule, StemRule, Topic
from stemkit.rules._engine import all_rules, needs_of, rule_of, run, run_rules, selected_rules, topic_of
from stemkit.texts import render
from tests.rules.building import facts_of


class Crashing(StemRule):
    """Fails on one stem, after it has found something."""

    code = "SIG998"
    name = "crashing"
    topic = Topic.CONTENT
    conditions = ("found",)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Find something in every stem, and crash in the voice."""
        from stemkit.rules._base import where_stem

        yield self.finding("found", where_stem(stem, chapter))
        if stem.stem.role == "VO":
            raise ZeroDivisionError("as planned")


def test_a_crash_is_a_finding_and_the_other_stems_are_still_judged() -> None:
    result = run_rules(facts_of({}), [Crashing()])
    assert [(one.code, str(one.where.role)) for one in result.findings] == [
        ("ENG001", "VO"),
        ("SIG998", "SFX"),
        ("SIG998", "MUSIC"),
    ]
    crash = result.findings[0]
    assert crash.outcome is Outcome.ERROR
    assert crash.is_blocking
    assert result.has_crashed
    assert "ZeroDivisionError" in render(crash)[0]


def test_a_condition_that_is_not_declared_is_a_defect() -> None:
    with pytest.raises(ValueError, match="does not declare"):
        Crashing()._known("other")


def test_codes_are_unique_and_well_formed() -> None:
    codes = [rule.code for rule in all_rules()]
    assert len(codes) == len(set(codes))
    assert all(len(code) == 6 and code[:3].isupper() and code[3:].isdigit() for code in codes)


def test_a_rule_file_is_named_after_its_rule() -> None:
    for rule in all_rules():
        module = type(rule).__module__.rpartition(".")[2]
        assert module == f"{rule.code.lower()}_{rule.name}"


def test_ignore_wins_over_select_and_select_replaces_the_profile() -> None:
    profile = load_profile("crowd-film")
    assert {rule.code[:3] for rule in selected_rules(profile, ["fmt,LEN001"])} == {"FMT", "LEN"}
    assert [rule.code for rule in selected_rules(profile, ["LEN001,LEN002"], ["LEN001"])] == ["LEN002"]
    assert not any(isinstance(rule, EngineRule) for rule in selected_rules(profile))
    narrow = profile.model_copy(update={"select": ("STM",)})
    assert {rule.code[:3] for rule in selected_rules(narrow)} == {"STM"}
    assert {rule.code[:3] for rule in selected_rules(narrow, ["ALL"])} > {"STM", "FMT"}


def test_a_choice_that_matches_nothing_says_so() -> None:
    with pytest.raises(UsageError, match="XYZ"):
        selected_rules(load_profile("crowd-film"), ["XYZ"])


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        rule_of("FMT0002")
    assert "FMT002" in caught.value.problems[0].hint
    assert rule_of("sample_rate").code == "FMT001"


@pytest.mark.parametrize(("key", "severity"), [("STM003", "info"), ("STM003.digital", "warning")])
def test_the_profile_decides_how_much_a_finding_matters(key: str, severity: str) -> None:
    profile = {"severities": {key: {"severity": severity, "reason": "test"}}}
    silent = {"VO": {"amplitude": 0.0, "lufs": "undefined"}}
    result = run(facts_of({"profile": profile, "stems": silent}), select=["STM003"])
    assert [one.severity for one in result.findings] == [Severity(severity)]


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [({}, "warning"), ({"least": 0.5}, "error"), ({"rules": {"STM007": 0.5}}, "error"), ({"least": 0.99}, "warning")],
)
def test_what_is_found_with_less_confidence_than_the_profile_asks_is_a_warning(
    confidence: dict[str, object], severity: str
) -> None:
    leak = {"source": "SFX", "target": "MUSIC", "is_same": True, "peak": 10.0}
    result = run(facts_of({"profile": {"confidence": confidence}, "chapter": {"leaks": [leak]}}), select=["STM007"])
    assert {one.severity.value for one in result.findings} == {severity}


def test_no_severity_of_a_profile_makes_an_error_of_a_guess() -> None:
    profile = {"severities": {"STM007": {"severity": "error", "reason": "test"}}}
    leak = {"source": "SFX", "target": "MUSIC", "is_same": True, "peak": 10.0}
    result = run(facts_of({"profile": profile, "chapter": {"leaks": [leak]}}), select=["STM007"])
    assert {one.severity for one in result.findings} == {Severity.WARNING}


@pytest.mark.parametrize(
    ("waiver", "is_unused"),
    [
        ({"rule": "PEK001"}, False),
        ({"rule": "MIX001"}, False),
        ({"rule": "PEK001", "chapter": 1}, True),
        ({"rule": "PEK001", "role": "VO"}, True),
        ({"rule": "SIG003"}, True),
    ],
)
def test_a_check_of_deliveries_does_not_call_a_waiver_for_prints_unused(
    waiver: dict[str, object], is_unused: bool
) -> None:
    result = run(facts_of({"waivers": [{**waiver, "reason": "test"}]}))
    assert ("ENG002" in {one.code for one in result.findings}) is is_unused


def test_advice_is_ranked_by_what_to_do_first() -> None:
    order = [topic.name for topic in Topic]
    first = ["PRESENCE", "RATE", "LAYOUT", "STORAGE", "LENGTH", "CONTENT", "LEVEL", "PRINT", "NAME", "ENGINE"]
    assert order == first
    assert topic_of("LEN001", "mislabelled_rate") is Topic.RATE, "a lying header is put right before anything else"
    assert topic_of("LEN001", "short") is Topic.LENGTH


def test_findings_come_in_film_order_whatever_the_order_of_rules() -> None:
    chapters = [{"number": n, "stems": {"VO": {"rate": 44_100, "length": 441_000}}} for n in (2, 1)]
    facts = facts_of({"chapters": chapters})
    rules = [rule for rule in all_rules() if not isinstance(rule, EngineRule)]
    forth, back = run_rules(facts, rules), run_rules(facts, rules[::-1])
    assert forth.findings == back.findings
    assert [one.where.chapter for one in forth.findings] == [1, 2]


def test_header_rules_ask_for_no_sound() -> None:
    headers = [rule for rule in all_rules() if rule.code in ("FMT001", "FMT002", "FMT004", "FMT006", "FMT007")]
    assert needs_of(headers) == frozenset()


def test_rules_see_no_sound() -> None:
    assert not hasattr(_engine, "read_blocks")
