"""What the gain aims at: the profile's loudness rules in their order, by how much of the film is speech."""

from __future__ import annotations

import pytest

from stemkit.core.finding import Severity
from stemkit.core.profile import load_profile
from stemkit.meters.dialogue import NO_SPEECH, Dialogue
from stemkit.plan.aim import PrintLoudness, choose_aim
from stemkit.plan.levels import PrintLevel, plan_levels


def spoken(share: float, lufs: float | None, gated: float | None = None) -> Dialogue:
    reasons = {} if lufs is not None else {"dialogue_lufs": NO_SPEECH}
    return Dialogue(share, lufs, gated if gated is not None else lufs, None, None, None, None, None, reasons)


def film(share: float, dialogue: float | None, programme: float | None, gated: float | None = None) -> PrintLoudness:
    return PrintLoudness("FULL", programme, spoken(share, dialogue, gated), "silence")


@pytest.mark.parametrize(
    ("profile", "share", "quantity", "target"),
    [
        ("netflix-2.0", 0.5, "dialogue", -27.0),
        ("netflix-2.0", 0.15, "dialogue", -27.0),
        ("netflix-2.0", 0.149, "programme", -24.0),
        ("netflix-2.0", 0.0, "programme", -24.0),
        ("amazon-mgm", 0.01, "dialogue", -27.0),
        ("atsc-a85", 0.01, "dialogue", -24.0),
        ("atsc-a85", 0.0, "programme", -24.0),
        ("aes77", 0.3, "dialogue", -18.0),
        ("aes77", 0.0, "programme", -18.0),
        ("crowd-film", 0.5, "programme", -23.0),
        ("disney-a85", 0.5, "dialogue", -24.0),
    ],
)
def test_the_rule_that_applies_decides(profile: str, share: float, quantity: str, target: float) -> None:
    aim = choose_aim([film(share, -20.0 if share else None, -21.0)], load_profile(profile))
    assert aim.rule is not None
    assert (aim.rule.quantity, aim.rule.target_lufs) == (quantity, target)
    assert aim.measured_lufs == (-20.0 if quantity == "dialogue" else -21.0)


def test_gating_is_that_of_the_rule() -> None:
    assert choose_aim([film(0.5, -20.0, -21.0, -19.0)], load_profile("netflix-2.0")).measured_lufs == -20.0
    assert choose_aim([film(0.5, -20.0, -21.0, -19.0)], load_profile("aes77")).measured_lufs == -19.0


def test_where_nobody_speaks_the_alternative_is_aimed_at_and_without_one_it_is_said() -> None:
    disney = choose_aim([film(0.0, None, -21.0)], load_profile("disney-a85"))
    assert disney.rule is not None
    assert disney.rule.quantity == "programme"
    amazon = choose_aim([film(0.0, None, -21.0)], load_profile("amazon-mgm"))
    assert (amazon.measured_lufs, amazon.reason) == (None, NO_SPEECH)
    level = plan_levels([PrintLevel("FULL", -10.0, 5, 0.3)], amazon, load_profile("amazon-mgm"))
    assert (level.wanted_gain_db, level.applied_gain_db, level.reason) == (None, 0.0, NO_SPEECH)


def test_a_ceiling_beside_the_target_is_never_passed() -> None:
    disney = load_profile("disney-plus-5.1")
    rules = disney.loudness_rules("print", "FULL")
    (ceiling,) = (rule for rule in rules if rule.ceiling_only)
    aim = choose_aim([film(0.5, -40.0, -22.0)], disney)
    level = plan_levels([PrintLevel("FULL", -30.0, 5, 0.03)], aim, disney)
    assert level.wanted_gain_db == pytest.approx(ceiling.target_lufs + 22.0)
    assert level.missed is not None


@pytest.mark.parametrize(
    ("peak_dbtp", "missed"),
    [(-12.0, None), (-8.1, None), (-7.5, Severity.WARNING), (-4.0, Severity.ERROR)],
)
def test_how_much_a_missed_target_matters(peak_dbtp: float, missed: Severity | None) -> None:
    """Netflix: within 2 LU is right, within 3 LU is not flagged, beyond is an error."""
    profile = load_profile("netflix-2.0")
    aim = choose_aim([film(0.5, -35.0, -36.0)], profile)
    assert plan_levels([PrintLevel("FULL", peak_dbtp, 5, 0.2)], aim, profile).missed is missed
