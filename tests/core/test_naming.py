"""Names of files that stemkit writes."""

from __future__ import annotations

import string
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stemkit.core.film import Role
from stemkit.core.naming import print_file_name, same_name, stem_file_name
from stemkit.core.profile import NamingSpec, Profile, load_profile
from stemkit.core.roles import recognise
from stemkit.core.timebase import FrameRate

PROFILE = load_profile("crowd-film")


def test_the_pattern_is_filled_in() -> None:
    spec = NamingSpec(pattern="{title}_{number:03}_{role}_{rate}_{depth}.wav")
    profile = PROFILE.model_copy(update={"naming": spec})
    assert stem_file_name(profile, "A/B", 7, Role.MUSIC) == "A_B_007_MUSIC_48000_24.wav"


def _named(pattern: str, characters: Literal["any", "ascii"] = "any") -> Profile:
    spec = NamingSpec(pattern=pattern, characters=characters)
    return load_profile("netflix-5.1").model_copy(update={"naming": spec})


NETFLIX = "{title}_r{number:02}_v01_{asset}_{channels}ch_{khz}k_{depth}b_{fps}.wav"


@pytest.mark.parametrize(
    ("title", "role", "rate", "name"),
    [
        ("Chef's Table", Role.SFX, "24000/1001", "Chefs_Table_r07_v01_FXStem_6ch_48k_24b_23976.wav"),
        ("Ärger in Łódź", Role.VO, "29.97df", "Arger_in_Lodz_r07_v01_DIAStem_6ch_48k_24b_2997.wav"),
        ("第三章", Role.MUSIC, "25", "film_r07_v01_MXStem_6ch_48k_24b_25.wav"),
    ],
)
def test_names_as_netflix_asks_for_them(title: str, role: Role, rate: str, name: str) -> None:
    profile = _named(NETFLIX, "ascii")
    made = stem_file_name(profile, title, 7, role, frame_rate=FrameRate.parse(rate))
    assert made == name
    assert recognise(made).role is role


@pytest.mark.parametrize(("role", "name"), [(Role.VO, "T_DX.wav"), (Role.SFX, "T_FX.wav"), (Role.MUSIC, "T_MX.wav")])
def test_names_of_the_trade(role: Role, name: str) -> None:
    made = stem_file_name(_named("{title}_{mca}.wav"), "T", 1, role)
    assert made == name
    assert recognise(made).role is role


@pytest.mark.parametrize(
    "pattern", ["{title}.wav", "{v}_{role}.wav", "{0}_{role}.wav", "{role", "{role:x}", "x" * 99 + "{role}"]
)
def test_a_pattern_that_cannot_be_followed(pattern: str) -> None:
    with pytest.raises(ValidationError):
        NamingSpec(pattern=pattern)


@given(st.text(max_size=300), st.sampled_from(Role))
def test_studios_take_every_name(title: str, role: Role) -> None:
    name = stem_file_name(_named(NETFLIX, "ascii"), title, 7, role, 2, FrameRate.parse("24"))
    assert set(name) <= set(string.ascii_letters + string.digits + "._-")
    assert len(name) <= 120


def test_several_stems_of_a_role_are_counted() -> None:
    names = [stem_file_name(PROFILE, "Film", 7, Role.SFX, index) for index in (1, 2)]
    assert names == ["Film_ch07_SFX_1.wav", "Film_ch07_SFX_2.wav"]


def test_braces_in_a_title_are_text() -> None:
    assert stem_file_name(PROFILE, "{role}", 1, Role.VO) == "{role}_ch01_VO.wav"


@given(st.text(max_size=300), st.integers(0, 9999), st.sampled_from(Role))
def test_any_title_makes_a_name_that_fits_and_says_its_role(title: str, number: int, role: Role) -> None:
    for name in (stem_file_name(PROFILE, title, number, role), print_file_name(title, role.value)):
        assert len(name.encode()) <= 200
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert name.endswith(f"{role.value}.wav")
        assert role in recognise(name).roles or recognise(title).is_mix


def test_names_of_other_forms_are_the_same() -> None:
    assert same_name("Mu\u0308.WAV", "M\u00fc.wav")
    assert not same_name("a.wav", "A.wav")
