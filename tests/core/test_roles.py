"""Roles out of names of many languages and habits; and what must not be taken for one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.film import Role
from stemkit.core.role_words import vocabulary
from stemkit.core.roles import recognise
from stemkit.core.words import folded

VO = """
vo.wav|VO.WAV|ch07_VO.wav|07 - dialogue.flac|vox.mp3|Voiceover.wav|voiceOver_07.wav
Voice Over - ch 07 - take2.wav
DX.wav|dia_03.wav|dialog.wav|dialogos.wav|Diálogos.wav|DIÁLOGO_FINAL.wav|voz.wav
Voz en off.wav|locución.wav|narración.wav
Stimme.wav|Sprecherin_v3.wav|O-Ton.wav|Müller_Erzähler.wav|Sprachaufnahme 7.wav|voix.wav
voix-off.aif|Narrateur.wav
Locução.wav|falas.wav|Narração.wav|voce.wav|Dialoghi_07.wav|doppiaggio.wav|голос.wav
ОЗВУЧКА.wav|Диалоги.flac
旁白.wav|第三章_人声.wav|对白.wav|配音-v2.wav|ナレーション.wav|セリフ.wav|声.wav|음성.wav|나레이션_7.wav|대사.wav
lektor.wav|GŁOS.wav|glos.wav|röst.wav|seslendirme.wav|φωνή.wav|حوار.wav|संवाद.wav
आवाज़.wav|giọng nói.wav
ch1vo.wav|CH07VO2.wav|finalVO.wav|VOfinal.wav|VO_final_v3 (1).wav|V.O..wav|ＶＯ.wav
Chapter-7.Narration.wav
vocals.wav|VO_mastered.wav|VO_noise_reduced.wav|voice_no_music.wav|VO (ohne Musik).wav|Bravo_VO.wav
narr.wav|ADR.wav|dialogue-unmixed.wav
"""
SFX = """
sfx.wav|SFX.aiff|fx.wav|SC03-FX-final.aif|sound effects.wav|SoundEffects.wav
sound_effects_07.wav|SoundFX.wav|foley.wav
Foley_ch7.wav|amb.wav|Ambience.wav|atmos.wav|roomtone.wav|sound design.wav|Effekte.wav
Geräusche.wav|geraeusche.wav
Atmo_03.wav|Hintergrundgeräusche.wav|bruitages.aif|Effets sonores.wav
Effets d'ambiance.wav|ambiance.wav|efectos.wav
Efectos de sonido.wav|Efeitos.wav|efeitos sonoros.wav|effetti.wav|rumori_7.wav
эффекты.wav|Шумы.wav|звуковые эффекты.wav
音效.wav|环境音.wav|環境.wav|拟音.wav|効果音.wav|環境音.wav|효과음.wav|이펙트.wav|efekty.wav|ljudeffekter.wav|SE.wav
مؤثرات صوتية.wav|ध्वनि प्रभाव.wav|SFXfinal.wav|finalSFX.wav|chaptersfx.wav|ch7fx.wav
FX2.wav|Hard FX.wav
fx without voice.wav
"""
MUSIC = """
music.wav|MUSIC.wav|Musik_v2.wav|mx.wav|MX_05.wav|mus.wav|score.wav|OST.wav|bgm.wav
Filmmusik.wav|Hintergrundmusik.wav
background music.wav|BG-Music.wav|ambient_music.wav|musique.wav|Música.wav|musica.wav
trilha sonora.wav|banda sonora.wav
colonna sonora.wav|музыка.wav|МУЗЫКА_07.wav|саундтрек.wav|音乐.wav|配乐.wav|背景音乐.wav|环境音乐.wav
音楽.wav|環境音楽.wav
劇伴.wav|음악.wav|배경음악.wav|muzyka.wav|hudba.wav|müzik.wav|MÜZİK.wav|موسيقى.wav|संगीत.wav|nhạc.wav|🎵.wav
music_no_vocals.wav|music (without voice).wav|MUSICnoVOX.wav|音乐_无人声.wav|remix_music.wav
music_instrumental.wav
第三章音乐.wav|音楽_セリフなし.wav|chapter3music.wav|Underscore.wav
"""


def names_of(text: str) -> list[str]:
    return [name for line in text.split("\n") for name in line.split("|") if name]


CASES = [
    (name, role) for role, text in ((Role.VO, VO), (Role.SFX, SFX), (Role.MUSIC, MUSIC)) for name in names_of(text)
]


@pytest.mark.parametrize(("name", "role"), CASES)
def test_the_role_is_found(name: str, role: Role) -> None:
    assert recognise(name).role is role
    assert recognise(unicodedata.normalize("NFD", name)).role is role


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("MusicVO.wav", {Role.MUSIC, Role.VO}),
        ("VO_MUSIC.wav", {Role.MUSIC, Role.VO}),
        ("music and effects.wav", {Role.MUSIC, Role.SFX}),
        ("SFX & Music.wav", {Role.MUSIC, Role.SFX}),
        ("人声音乐.wav", {Role.MUSIC, Role.VO}),
        ("Musik+Geräusche.wav", {Role.MUSIC, Role.SFX}),
        ("dialogFX.wav", {Role.VO, Role.SFX}),
        ("vo-sfx-music.wav", set(Role)),
    ],
)
def test_two_roles_are_nobodys(name: str, roles: set[Role]) -> None:
    found = recognise(name)
    assert found.roles == roles
    assert found.role is None


@pytest.mark.parametrize(
    "name",
    [
        "mix.wav",
        "full_mix.wav",
        "FullMix.wav",
        "Film_FULL.wav",
        "master.wav",
        "ref.wav",
        "VO_mix.wav",
        "voices_from_the_mix.wav",
        "VOfinalMix.wav",
        "Music Master.wav",
        "M&E.wav",
        "Film_ME.wav",
        "混音.wav",
        "ミックス.wav",
        "Endmischung.wav",
        "mixage.wav",
        "мастер.wav",
        "no music.wav",
        "无人声.wav",
        "finalmixdown.wav",
    ],
)
def test_a_mix_is_never_a_stem(name: str) -> None:
    found = recognise(name)
    assert found.is_mix
    assert found.role is None


@pytest.mark.parametrize(
    "name",
    [
        "fox.wav",
        "omx.wav",
        "bravo.wav",
        "nouveau.wav",
        "invoice.wav",
        "musicians.wav",
        "effective.wav",
        "call me.wav",
        "untitled.wav",
        "take 3.wav",
        "drums.wav",
        "07.wav",
        "día.wav",
        "amber.wav",
        "mustang.wav",
        "diamond.wav",
        "foxtrot.wav",
        "advocate.wav",
        "第三章.wav",
        "ch07.wav",
        ".wav",
        "",
        "🦊.wav",
    ],
)
def test_what_only_looks_like_a_role_is_none(name: str) -> None:
    found = recognise(name)
    assert found.roles == frozenset()
    assert not found.is_mix


def test_titles_that_hold_words_of_a_role_are_passed_over() -> None:
    assert recognise("The_Voice_ch01_MUSIC.wav").role is None
    assert recognise("The_Voice_ch01_MUSIC.wav", ["The Voice"]).role is Role.MUSIC
    assert recognise("The_Voice_ch01_VO.wav", ["The Voice"]).role is Role.VO
    assert recognise("the voice.wav", ["The Voice"]).role is Role.VO
    assert recognise("声音之歌-音效.wav", ["声音之歌"]).role is Role.SFX


@given(st.text(max_size=40))
def test_no_name_is_too_strange(name: str) -> None:
    assert recognise(name) == recognise(name, ["x"]) or "x" in name.casefold()


WORDS = sorted({" ".join(parts) for parts, meaning in vocabulary().phrases.items() if isinstance(meaning, Role)})


@given(
    st.sampled_from(WORDS),
    st.sampled_from(["{}.wav", "ch07_{}.wav", "{} - v2.flac", "07.{}.aif", "Kapitel 3 – {}.wav"]),
)
def test_every_word_is_found_in_every_position_and_case(word: str, shape: str) -> None:
    for written in (word, word.upper(), word.title(), word.replace(" ", "_"), unicodedata.normalize("NFD", word)):
        assert recognise(shape.format(written)).roles, written


def test_no_word_means_two_things() -> None:
    import tomllib
    from importlib.resources import files

    data = tomllib.loads(files("stemkit.core").joinpath("role_words.toml").read_text("utf-8"))
    seen: dict[str, str] = {}
    for section in ("VO", "SFX", "MUSIC", "MIX", "NEITHER"):
        for words in data[section].values():
            for word in words:
                assert seen.setdefault(folded(word), section) == section, word
