"""The parts of a profile one by one: what they allow, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from stemkit.core.errors import ProfileError
from stemkit.core.profile import load_profile, profile_path
from stemkit.core.profile_figures import (
    DurationLimit,
    HeadTailRule,
    LdrLimit,
    LeqMLimit,
    LevelLimit,
    Limit,
    LoudnessRule,
    RangeLimit,
    RmsLimit,
    SamplePeakLimit,
    SpeechCondition,
    TruePeakLimit,
)
from stemkit.core.profile_form import ConfidenceSpec, NamingSpec
from stemkit.core.profile_prints import DeliverySpec, LeaderSpec, PrintSpec

SOURCE = {"source": "a test", "grade": "project"}
Bounds = tuple[float | None, float | None]


def made(kind: type[BaseModel], **more: object) -> BaseModel:
    return kind.model_validate(more)


@pytest.mark.parametrize(
    ("kind", "figures", "bounds"),
    [
        (Limit, {}, (None, None)),
        (HeadTailRule, {}, (None, None)),
        (TruePeakLimit, {"max_dbtp": -1.0}, (None, -1.0)),
        (SamplePeakLimit, {"max_dbfs": -3.0}, (None, -3.0)),
        (RangeLimit, {"min_lu": 4.0, "max_lu": 18.0}, (4.0, 18.0)),
        (LevelLimit, {"max_lufs": -18.0, "above_lu": 0.2}, (None, -17.8)),
        (LdrLimit, {"max_lu": 5.0}, (None, 5.0)),
        (RmsLimit, {"min_dbfs": -23.0, "max_dbfs": -18.0}, (-23.0, -18.0)),
        (LeqMLimit, {"max_db": 85.0}, (None, 85.0)),
        (DurationLimit, {"max_s": 60.0}, (None, 60.0)),
    ],
)
def test_a_limit_says_between_what(kind: type[Limit], figures: dict[str, float], bounds: Bounds) -> None:
    assert kind.model_validate({"of": "print", **figures, **SOURCE}).bounds == bounds


@pytest.mark.parametrize(
    ("more", "bounds"),
    [
        ({"below_lu": 1.0, "above_lu": 0.5}, (-24.0, -22.5)),
        ({}, (None, -23.0)),
        ({"below_lu": 1.0, "above_lu": 0.5, "ceiling_only": True}, (None, -22.5)),
    ],
)
def test_a_ceiling_has_no_floor(more: dict[str, object], bounds: Bounds) -> None:
    stated = {"of": "print", "quantity": "programme", "target_lufs": -23.0, **SOURCE, **more}
    assert LoudnessRule.model_validate(stated).bounds == bounds


def test_programme_loudness_is_gated() -> None:
    with pytest.raises(ValidationError, match="always gated"):
        made(LoudnessRule, of="print", quantity="programme", target_lufs=-23.0, gating="none", **SOURCE)


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        ({"speech_share_from_percent": 15.0}, (15.0, 100.0), (0.0, 14.9)),
        ({"speech_share_below_percent": 15.0}, (0.0, 14.9), (15.0,)),
        ({"has_dialogue": True}, (0.1,), (0.0,)),
        ({"has_dialogue": False}, (0.0,), (0.1,)),
        ({}, (0.0, 50.0), ()),
    ],
)
def test_a_condition_about_speech(
    condition: dict[str, object], holds: tuple[float, ...], fails: tuple[float, ...]
) -> None:
    speech = SpeechCondition.model_validate(condition)
    assert all(speech.holds_at(share) for share in holds)
    assert not any(speech.holds_at(share) for share in fails)


@pytest.mark.parametrize(
    ("kind", "stated", "said"),
    [
        (PrintSpec, {"name": "a/b", "roles": ["VO"]}, "cannot be part of a file name"),
        (PrintSpec, {"name": "", "roles": ["VO"]}, "cannot be part of a file name"),
        (PrintSpec, {"name": "X", "roles": ["VO", "VO"]}, "added once"),
        (LeaderSpec, {"head": "601s", "source": "s"}, "at most 600 s"),
        (LeaderSpec, {"head": "2s", "pop": "3s", "source": "s"}, "do not fit into a head"),
        (LeaderSpec, {"head": "4s", "pop": "2s", "tone": "3s", "source": "s"}, "do not fit into a head"),
        (LeaderSpec, {"tail": "1s", "tail_pop": "2s", "source": "s"}, "does not fit into a tail"),
        (DeliverySpec, {"container": "flac", "bit_depth_bits": 32}, "whole numbers"),
        (ConfidenceSpec, {"rules": {"SIG001": 1.5}}, "no confidence"),
        (NamingSpec, {"pattern": "{role} {}.wav"}, "no field"),
        (NamingSpec, {"pattern": "{role[9]}.wav"}, "no field"),
    ],
)
def test_what_a_part_refuses(kind: type[BaseModel], stated: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        kind.model_validate(stated)


@pytest.mark.parametrize(
    ("kind", "stated"),
    [
        (LeaderSpec, {"head": "600s", "tail": "2s", "pop": "2s", "tail_pop": "2s", "tone": "598s", "source": "s"}),
        (DeliverySpec, {"container": "wav", "bit_depth_bits": 32}),
        (DeliverySpec, {"container": "flac", "bit_depth_bits": 24}),
        (PrintSpec, {"name": "M&E", "roles": ["SFX", "MUSIC"]}),
    ],
)
def test_what_a_part_takes(kind: type[BaseModel], stated: dict[str, object]) -> None:
    assert made(kind, **stated) is not None


def test_a_rule_may_need_more_confidence_than_others() -> None:
    confidence = ConfidenceSpec(least=0.8, rules={"SIG001": 0.95})
    assert (confidence.least_for("SIG001"), confidence.least_for("SIG002")) == (0.95, 0.8)


OURS = 'name = "ours"\nextends = "crowd-film"\n'


def test_two_prints_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    prints = '[[prints]]\nname = "FULL"\nroles = ["VO"]\n[[prints]]\nname = "full"\nroles = ["SFX"]\n'
    (tmp_path / "ours.toml").write_text(OURS + prints, "utf-8")
    with pytest.raises(ProfileError, match="two prints have the name"):
        load_profile("ours.toml", beside=tmp_path)


def test_what_is_extended_is_named_in_quotes(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text('name = "ours"\nextends = 3\n', "utf-8")
    with pytest.raises(ProfileError) as caught:
        load_profile("ours.toml", beside=tmp_path)
    assert (caught.value.problems[0].code, caught.value.problems[0].line) == ("wrong_type", 2)


def test_a_profile_is_found_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    ours = tmp_path / "profiles" / "ours.toml"
    ours.write_text(OURS, "utf-8")
    assert profile_path("ours", beside=tmp_path) == ours
    assert profile_path("crowd-film").stem == "crowd-film"
    assert [*load_profile("ours", beside=tmp_path).figures()] == [*load_profile("crowd-film").figures()]
