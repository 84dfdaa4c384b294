"""The routing table, and the one gain of the film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.film import Role
from stemkit.core.mix_facts import LevelFacts
from stemkit.core.profile import LoudnessRule, PrintSpec, Profile, TruePeakLimit
from stemkit.plan.aim import PrintLoudness, choose_aim
from stemkit.plan.levels import PrintLevel, may_limit
from stemkit.plan.levels import plan_levels as levels_of
from stemkit.plan.routing import PrintRow, plan_routing, print_of_all, sum_rules

PROFILE = Path(__file__).parents[2] / "profiles" / "crowd-film.toml"
ROWS = (
    PrintRow("FULL", (Role.VO, Role.SFX, Role.MUSIC)),
    PrintRow("VO", (Role.VO,)),
    PrintRow("SFX", (Role.SFX,)),
    PrintRow("MUSIC", (Role.MUSIC,)),
    PrintRow("ME", (Role.SFX, Role.MUSIC)),
)


def profile(target: float | None = -23.0, limit: float | None = -1.0, *, ceiling_only: bool = False) -> Profile:
    import tomllib

    data = Profile.model_validate(tomllib.loads(PROFILE.read_text("utf-8")), strict=False)
    rule = {"of": "print", "quantity": "programme", "source": "s", "grade": "project", "ceiling_only": ceiling_only}
    rules = () if target is None else (LoudnessRule.model_validate({**rule, "target_lufs": target}),)
    peak = {"of": "print", "source": "s", "grade": "project"}
    limits = () if limit is None else (TruePeakLimit.model_validate({**peak, "max_dbtp": limit}),)
    return data.model_copy(update={"loudness": rules, "true_peak": limits})


@dataclass(frozen=True)
class Measured:
    """What a print measures, as both halves of the plan take it."""

    peaks: PrintLevel
    loud: PrintLoudness


def level(lufs: float | None, dbtp: float | None, name: str = "FULL", amplitude: float | None = None) -> Measured:
    peak = 10 ** (dbtp / 20) if dbtp is not None else 0.0
    peaks = PrintLevel(name, dbtp, 77, peak if amplitude is None else amplitude)
    return Measured(peaks, PrintLoudness(name, lufs, None, "silence"))


def plan_levels(prints: list[Measured], by: Profile) -> LevelFacts:
    return levels_of([each.peaks for each in prints], choose_aim([each.loud for each in prints], by), by)


def test_rows_follow_the_profile_and_roles_their_order() -> None:
    rows = plan_routing([PrintSpec(name="ME", roles=(Role.MUSIC, Role.SFX)), PrintSpec(name="VO", roles=(Role.VO,))])
    assert rows == (PrintRow("ME", (Role.SFX, Role.MUSIC)), PrintRow("VO", (Role.VO,)))


def test_what_the_prints_must_add_up_to() -> None:
    assert {(rule.sum, rule.of) for rule in sum_rules(ROWS)} == {
        ("FULL", ("VO", "SFX", "MUSIC")),
        ("FULL", ("VO", "ME")),
        ("ME", ("SFX", "MUSIC")),
    }
    assert print_of_all(ROWS) == ROWS[0]
    assert print_of_all(()) is None


def test_the_gain_reaches_the_target_in_tenths() -> None:
    plan = plan_levels([level(-27.34, -9.0)], profile())
    assert (plan.wanted_gain_db, plan.applied_gain_db, plan.limited_by) == (4.3, 4.3, None)
    assert plan.reachable_lufs == pytest.approx(-23.04)


def test_the_peak_limit_wins_and_says_where() -> None:
    plan = plan_levels([level(-30.0, -9.0), level(None, -3.05, "SFX")], profile())
    assert (plan.wanted_gain_db, plan.allowed_gain_db, plan.applied_gain_db) == (7.0, 2.0, 2.0)
    assert (plan.limited_by, plan.limiting_print, plan.peak_at_samples) == ("true_peak", "SFX", 77)
    assert plan.reachable_lufs == pytest.approx(-28.0)


def test_a_ceiling_is_never_reached_up_to() -> None:
    assert plan_levels([level(-30.0, -20.0)], profile(ceiling_only=True)).applied_gain_db == 0.0
    assert plan_levels([level(-20.0, -10.0)], profile(ceiling_only=True)).applied_gain_db == -3.0


def test_silence_has_no_wanted_gain_but_a_reason() -> None:
    plan = plan_levels([level(None, None)], profile())
    assert (plan.wanted_gain_db, plan.allowed_gain_db, plan.applied_gain_db) == (None, None, 0.0)
    assert (plan.reachable_lufs, plan.reason) == (None, "silence")


def test_without_a_rule_nothing_is_changed_unless_it_would_not_fit() -> None:
    assert plan_levels([level(-30.0, -9.0)], profile(None)).applied_gain_db == 0.0
    assert plan_levels([level(-30.0, 2.0)], profile(None)).applied_gain_db == -3.1
    loud = plan_levels([level(-10.0, 5.95)], profile(None, None))
    assert (loud.applied_gain_db, loud.limited_by) == (-6.0, "full_scale")


def test_a_print_far_below_its_limit_need_not_be_metered() -> None:
    plan = plan_levels([level(-23.0, -9.0)], profile())
    assert not may_limit(PrintLevel("SFX", None, None, 0.4), plan, 2.2)
    assert may_limit(PrintLevel("SFX", None, None, 0.5), plan, 2.2)
    assert not may_limit(PrintLevel("SFX", None, None, 0.0), plan, 2.2)
    assert not may_limit(
        PrintLevel("SFX", None, None, 0.9), plan_levels([level(-23.0, -9.0)], profile(limit=None)), 2.2
    )


@given(st.floats(-60, 0), st.lists(st.floats(-60, 12), min_size=1, max_size=5))
def test_no_print_ever_exceeds_its_limit(lufs: float, peaks: list[float]) -> None:
    plan = plan_levels([level(lufs, peak, f"P{n}") for n, peak in enumerate(peaks)], profile())
    assert plan.applied_gain_db == round(plan.applied_gain_db, 1)
    assert max(peaks) + plan.applied_gain_db <= -1.0 - 0.0199
    if plan.limited_by is None and plan.wanted_gain_db is not None:
        assert abs(lufs + plan.applied_gain_db + 23.0) <= 0.0501 or plan.wanted_gain_db == plan.applied_gain_db
