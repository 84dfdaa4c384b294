"""Names of files that stemkit writes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.film import Role
from stemkit.core.naming import print_file_name, same_name, stem_file_name
from stemkit.core.profile import NamingSpec, load_profile
from stemkit.core.roles import recognise

PROFILE = load_profile("crowd-film")


def test_the_pattern_is_filled_in() -> None:
    spec = NamingSpec(pattern="{title}_{number:03}_{role}_{rate}_{depth}.wav")
    profile = PROFILE.model_copy(update={"naming": spec})
    assert stem_file_name(profile, "A/B", 7, Role.MUSIC) == "A_B_007_MUSIC_48000_24.wav"


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
