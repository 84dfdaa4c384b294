"""Which loudness rule decides."""

from __future__ import annotations

import pytest

from stemkit.core.loudness_order import ceilings, deciding, is_within
from stemkit.core.profile_figures import LoudnessRule


def rule(target: float = -23.0, **more: object) -> LoudnessRule:
    stated = {"of": "print", "quantity": "programme", "target_lufs": target, "source": "a test", "grade": "project"}
    return LoudnessRule.model_validate({**stated, **more})


SPEECH = rule(-27.0, quantity="dialogue", applies_when={"speech_share_from_percent": 15.0})
MUSIC = rule(-24.0, applies_when={"speech_share_below_percent": 15.0})
OTHERWISE = rule(-23.0)
SECOND = rule(-22.0, alternative=True)
RARE = rule(-21.0, alternative=True, applies_when={"has_dialogue": False})
CEILING = rule(-18.0, ceiling_only=True)
LOW_CEILING = rule(-20.0, ceiling_only=True, applies_when={"has_dialogue": True})


def test_the_first_rule_that_applies_decides() -> None:
    assert deciding((SPEECH, MUSIC), 15.0) == (SPEECH,)
    assert deciding((SPEECH, MUSIC), 14.9) == (MUSIC,)
    assert deciding((OTHERWISE, SPEECH), 50.0) == (OTHERWISE,)


def test_a_rule_whose_condition_is_not_known_cannot_be_passed_by() -> None:
    assert deciding((SPEECH, OTHERWISE), None) == (SPEECH,)
    assert deciding((OTHERWISE, SPEECH), None) == (OTHERWISE,)


def test_alternatives_follow_where_they_apply() -> None:
    assert deciding((OTHERWISE, SECOND, MUSIC, RARE), 0.0) == (OTHERWISE, SECOND, RARE)
    assert deciding((OTHERWISE, SECOND, MUSIC, RARE), 40.0) == (OTHERWISE, SECOND)


def test_a_ceiling_holds_beside_what_decides() -> None:
    assert deciding((CEILING, OTHERWISE), None) == (OTHERWISE,)
    assert deciding((CEILING,), 10.0) == ()
    assert ceilings((CEILING, OTHERWISE, LOW_CEILING), 10.0) == (CEILING, LOW_CEILING)
    assert ceilings((CEILING, OTHERWISE, LOW_CEILING), 0.0) == (CEILING,)
    assert ceilings((CEILING, LOW_CEILING), None) == (CEILING,)


@pytest.mark.parametrize(
    ("value", "more", "is_inside"),
    [
        (-23.504, {"below_lu": 0.5, "above_lu": 0.5}, True),  # rounded to 0.01 first
        (-23.506, {"below_lu": 0.5, "above_lu": 0.5}, False),
        (-22.5, {"below_lu": 0.5, "above_lu": 0.5}, True),
        (-22.49, {"below_lu": 0.5, "above_lu": 0.5}, False),
        (-23.0, {}, True),
        (-22.99, {}, False),  # no tolerance stated above is none
        (-60.0, {}, True),  # none stated below is any
        (-60.0, {"ceiling_only": True, "below_lu": 0.5}, True),
    ],
)
def test_a_tolerance_is_taken_at_its_word(value: float, more: dict[str, object], is_inside: bool) -> None:
    assert is_within(value, rule(-23.0, **more)) is is_inside


def test_the_wider_band_is_another_question() -> None:
    wide = rule(below_lu=0.5, above_lu=0.5, flag_below_lu=1.0, flag_above_lu=1.0)
    assert not is_within(-24.0, wide)
    assert is_within(-24.0, wide, flag_band=True)
    assert not is_within(-21.99, wide, flag_band=True)
