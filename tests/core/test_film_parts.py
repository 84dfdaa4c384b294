"""The smaller parts of a film file: effects, files of prints, waivers, trims."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.core.errors import ManifestError, Problem
from stemkit.core.film import Crossfade, Film, Role
from stemkit.core.inserts import Insert
from stemkit.core.manifest import load_film

HEAD = '[film]\ntitle = "T"\nframe_rate = "24"\nstart_timecode = "01:00:00:00"\n'
CHAPTERS = "".join(f'[[chapter]]\nnumber = {number}\nlength = "240f"\nfolder = "ch{number}"\n' for number in (1, 2, 3))
FILM = HEAD + CHAPTERS


def load(folder: Path, text: str) -> Film:
    (folder / "film.toml").write_text(text, "utf-8")
    return load_film(folder)


def problems(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(ManifestError) as caught:
        load(folder, text)
    return list(caught.value.problems)


def the_problem(folder: Path, text: str) -> tuple[str, str | None]:
    found = problems(folder, text)
    assert len(found) == 1, found
    assert found[0].line is not None
    return found[0].code, found[0].key


def test_effects_stand_in_the_order_in_which_they_are_written(tmp_path: Path) -> None:
    text = (
        '[[inserts.VO]]\neffect = "HighpassFilter"\nparameters = { cutoff_frequency_hz = 80.0, b = true }\n'
        '[[inserts.VO]]\nplugin = "a.vst3"\n'
    )
    filtered, plugged = load(tmp_path, FILM + text).inserts[Role.VO]
    assert filtered == Insert("HighpassFilter", "", (("cutoff_frequency_hz", 80.0), ("b", True)))
    assert (filtered.name, plugged.name) == ("HighpassFilter", "a.vst3")
    assert load(tmp_path, FILM).inserts == {}


@pytest.mark.parametrize(
    ("entry", "code", "key"),
    [
        ("", "wrong_value", "inserts.VO[1]"),
        ('effect = "Gain"\nplugin = "a.vst3"\n', "wrong_value", "inserts.VO[1]"),
        ('effect = "Limiter"\n', "refused", "inserts.VO[1].effect"),
    ],
)
def test_an_effect_is_one_effect_and_no_trap(tmp_path: Path, entry: str, code: str, key: str) -> None:
    assert the_problem(tmp_path, f"{FILM}[[inserts.VO]]\n{entry}") == (code, key)


def test_reels_end_after_chapters_in_order(tmp_path: Path) -> None:
    mix = '[mix]\nreels = [1, 2]\ncontainer = "flac"\nslate = "slate.wav"\n'
    found = load(tmp_path, FILM + mix).mix
    assert (found.reels, found.container, found.slate) == ((1, 2), "flac", tmp_path / "slate.wav")


@pytest.mark.parametrize(
    ("reels", "said"),
    [
        ("[7]", "there is no chapter 7"),
        ("[3]", "the film ends with chapter 3"),
        ("[2, 1]", "reels end in the order of the film: 1 stands after 2"),
        ("[1, 1]", "chapter 1 is there twice"),
    ],
)
def test_where_no_reel_can_end(tmp_path: Path, reels: str, said: str) -> None:
    (problem,) = problems(tmp_path, f"{FILM}[mix]\nreels = {reels}\n")
    assert problem.message.startswith(said)
    assert problem.key == f"mix.reels[{reels.count(',') + 1}]"


def test_a_slate_lies_in_the_films_folder(tmp_path: Path) -> None:
    assert the_problem(tmp_path, FILM + '[mix]\nslate = "../slate.wav"\n') == ("path_outside", "mix.slate")


def test_trims_and_ducking_are_read(tmp_path: Path) -> None:
    text = '[mix]\nmax_trim_db = 4\nme = "undipped"\nme_gain_db = -1.5\nduck = { depth_db = 6.0 }\n[balance]\n2 = -3\n'
    mix = load(tmp_path, FILM + text).mix
    assert (mix.max_trim_db, mix.trims_db, mix.duck.depth_db, mix.duck.hold_s) == (4.0, {2: -3.0}, 6.0, 0.4)
    assert (mix.me, mix.me_gain_db) == ("undipped", -1.5)


@pytest.mark.parametrize(
    ("trim", "code", "key"),
    [("9 = 1.0", "unknown_chapter", "balance.9"), ("2 = 24.1", "wrong_value", "balance.2")],
)
def test_a_trim_is_of_a_chapter_and_bounded(tmp_path: Path, trim: str, code: str, key: str) -> None:
    assert the_problem(tmp_path, f"{FILM}[balance]\n{trim}\n") == (code, key)
    assert load(tmp_path, f"{FILM}[balance]\n2 = -24.0\n").mix.trims_db == {2: -24.0}


def test_a_cut_of_its_own_wins_over_the_default(tmp_path: Path) -> None:
    text = (
        HEAD
        + '[defaults]\ncrossfade.SFX = "2f"\n'
        + CHAPTERS
        + '[[boundary]]\nafter = 1\nSFX = { before = "1f", after = "3f" }\n'
    )
    film = load(tmp_path, text)
    assert film.crossfade_after(1, Role.SFX) == Crossfade(2, 6)
    assert film.crossfade_after(2, Role.SFX) == Crossfade(2, 2)
    assert film.crossfade_after(1, Role.VO).is_straight


@pytest.mark.parametrize(
    ("more", "code", "key"),
    [
        ('[[boundary]]\nafter = 1\nVO = "1f"\n[[boundary]]\nafter = 1\n', "duplicate_boundary", "boundary[2].after"),
        ("[[boundary]]\nafter = 3\n", "unknown_chapter", "boundary[1].after"),
        ("[[boundary]]\nafter = 1\nVO = {}\n", "missing_key", "boundary[1].VO"),
    ],
)
def test_a_cut_is_between_two_chapters_and_says_how_far(tmp_path: Path, more: str, code: str, key: str) -> None:
    assert the_problem(tmp_path, FILM + more) == (code, key)


def test_a_file_is_no_folder_and_a_folder_no_stem(tmp_path: Path) -> None:
    (tmp_path / "ch1").write_bytes(b"RIFF")
    (tmp_path / "vo.wav").mkdir()
    assert the_problem(tmp_path, FILM) == ("wrong_path", "chapter[1].folder")
    stems = '[[chapter]]\nnumber = 9\nlength = "1f"\nstems = { VO = "vo.wav" }\n'
    assert the_problem(tmp_path, HEAD + stems) == ("wrong_path", "chapter[1].stems.VO")


def test_a_path_that_the_system_cannot_even_look_at_is_no_crash(tmp_path: Path) -> None:
    far = "x" * 5000
    found = load(
        tmp_path, f'{HEAD}[[chapter]]\nnumber = 1\nlength = "1f"\nfolder = "{far}"\nstems = {{ VO = "{far}" }}\n'
    )
    assert found.chapters[0].folder == tmp_path / far


WAIVER = '[[waiver]]\nrule = "SIG003"\nreason = "as scripted"\n'


@pytest.mark.parametrize(
    ("more", "start", "end"),
    [
        ("", None, None),
        ('span = "00:00:01:00-00:00:02:00"\n', 24, 48),  # counted from the first picture
        ('span = "01:00:01:00 – 01:00:02:00"\n', 24, 48),  # as the film's own timecode
        ('chapter = 2\nspan = "00:00:01:00 to 00:00:02:00"\n', 264, 288),  # from the chapter's start
        ('chapter = 2\nspan = "01:00:11:00-01:00:12:00"\n', 264, 288),
    ],
)
def test_a_waived_span_is_understood(tmp_path: Path, more: str, start: int | None, end: int | None) -> None:
    (waiver,) = load(tmp_path, FILM + WAIVER + more).waivers
    assert (waiver.start_frame, waiver.end_frame) == (start, end)
    assert waiver.line == FILM.count("\n") + 1


@pytest.mark.parametrize(
    ("waiver", "code", "key"),
    [
        ('rule = "SIG3"\nreason = "r"\n', "wrong_value", "waiver[1].rule"),
        ('rule = "SIG003"\nreason = " "\n', "wrong_value", "waiver[1].reason"),
        ('rule = "SIG003"\nreason = "r"\nchapter = 9\n', "unknown_chapter", "waiver[1].chapter"),
        ('rule = "SIG003"\nreason = "r"\nchapter = 9\nspan = "00:00:01:00-00:00:02:00"\n', "unknown_chapter", None),
        ('rule = "SIG003"\nreason = "r"\nspan = "soon"\n', "wrong_time", "waiver[1].span"),
        ('rule = "SIG003"\nreason = "r"\nspan = "00:00:01:99-00:00:02:00"\n', "wrong_time", "waiver[1].span"),
        ('rule = "SIG003"\nreason = "r"\nspan = "00:00:02:00-00:00:02:00"\n', "wrong_time", "waiver[1].span"),
    ],
)
def test_a_waiver_that_waives_nothing_is_a_problem(tmp_path: Path, waiver: str, code: str, key: str | None) -> None:
    said, at = the_problem(tmp_path, f"{FILM}[[waiver]]\n{waiver}")
    assert said == code
    assert key in (None, at)


def test_a_span_in_a_chapter_whose_place_is_not_known(tmp_path: Path) -> None:
    lost = FILM.replace('number = 1\nlength = "240f"', "number = 1")
    text = f'{lost}{WAIVER}chapter = 2\nspan = "00:00:01:00-00:00:02:00"\n'
    assert the_problem(tmp_path, text) == ("wrong_time", "waiver[1].span")


def test_a_mix_by_a_profile_that_is_not_there(tmp_path: Path) -> None:
    assert the_problem(tmp_path, FILM + '[mix]\nprofile = "ebu-r218"\n') == ("unknown_profile", "mix.profile")


def test_a_profile_with_mistakes_tells_of_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    broken = tmp_path / "profiles" / "ours.toml"
    broken.write_text('name = "ours"\nextends = "crowd-film"\nspeed = 3\n', "utf-8")
    (problem,) = problems(tmp_path, FILM.replace("frame_rate", 'profile = "ours"\nframe_rate'))
    assert (problem.code, problem.path, problem.line) == ("unknown_key", str(broken), 3)


def test_times_that_no_film_has_are_problems(tmp_path: Path) -> None:
    long = FILM.replace('length = "240f"', 'length = "90000s"', 1)
    assert the_problem(tmp_path, long) == ("wrong_time", "chapter[1].length")
    endless = FILM.replace('length = "240f"', f'length = "{"9" * 4000}s"', 1)
    assert the_problem(tmp_path, endless) == ("wrong_time", "chapter[1].length")


@pytest.mark.parametrize("path", ["", " ", "a\\u0000b"])
def test_what_is_no_path_is_a_problem(tmp_path: Path, path: str) -> None:
    assert the_problem(tmp_path, f'{FILM}[mix]\nslate = "{path}"\n') == ("wrong_path", "mix.slate")
