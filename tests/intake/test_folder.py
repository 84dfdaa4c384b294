"""Films out of folders, files and film files; stems out of names."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from stemkit.core.errors import ManifestError, OutputError, UsageError
from stemkit.core.facts import UnplacedReason
from stemkit.core.film import Role
from stemkit.core.manifest import load_film
from stemkit.intake.folder import chapter_in_hand, film_from_paths, find_film_file, open_film, resolve

FILM = """\
[film]
title = "Voices"
frame_rate = "24"
start_timecode = "01:00:00:00"
[[chapter]]
number = 1
length = "10s"
folder = "ch01"
[[chapter]]
number = 2
length = "20s"
folder = "ch02"
[[chapter]]
number = 3
length = "30s"
stems = { VO = "c/one.wav", SFX = ["c/two.wav", "c/gone.wav"] }
[[boundary]]
after = 2
VO = "1s"
[[waiver]]
rule = "SIG003"
reason = "x"
chapter = 2
span = "00:00:01:00-00:00:02:00"
"""


def lay_out(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"RIFF")
    return root


def found(root: Path, *names: str) -> tuple[dict[str, str], dict[str, list[str]], dict[str, str]]:
    """Return stems, candidates and unplaced files of one chapter's folder, by name."""
    film = film_from_paths([lay_out(root, *names)], "crowd-film")
    (delivery,) = resolve(film)
    return (
        {stem.path.relative_to(root).as_posix(): stem.role.value for stem in delivery.stems},
        {role.value: [p.relative_to(root).as_posix() for p in paths] for role, paths in delivery.candidates.items()},
        {item.path.relative_to(root).as_posix(): item.reason.value for item in delivery.unplaced},
    )


def test_stems_are_found_by_their_names_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    junk = (
        ".DS_Store",
        "._vo.wav",
        "Thumbs.db",
        "__MACOSX/vo.wav",
        "notes.txt",
        "vo.pdf",
        "cover.jpg",
        "x.als",
        "Icon\r",
    )
    stems, candidates, unplaced = found(tmp_path, "旁白.wav", "SC03-FX-final.aif", "Musik_v2.flac", *junk)
    assert stems == {"旁白.wav": "VO", "SC03-FX-final.aif": "SFX", "Musik_v2.flac": "MUSIC"}
    assert (candidates, unplaced) == ({}, {})


def test_one_of_two_is_never_taken(tmp_path: Path) -> None:
    stems, candidates, _ = found(tmp_path, "vo_v1.wav", "vo_v2.wav", "sfx.wav", "music.wav", "music.mp3")
    assert stems == {"sfx.wav": "SFX"}
    assert candidates == {"VO": ["vo_v1.wav", "vo_v2.wav"], "MUSIC": ["music.mp3", "music.wav"]}


def test_what_is_not_clear_is_said(tmp_path: Path) -> None:
    stems, _, unplaced = found(tmp_path, "vo.wav", "full_mix.wav", "MusicVO.wav", "fox.wav", "ref voice.wav")
    assert stems == {"vo.wav": "VO"}
    assert unplaced == {
        "MusicVO.wav": "two_roles",
        "fox.wav": "no_role",
        "full_mix.wav": "mix",
        "ref voice.wav": "mix",
    }


def test_a_folder_within_may_say_the_role_but_never_against_the_file(tmp_path: Path) -> None:
    stems, _, unplaced = found(
        tmp_path, "VO/take.wav", "Music and Effects/music.wav", "SFX/foley.wav", "VO/song.wav", "Final Mix/all.wav"
    )
    assert stems == {"VO/take.wav": "VO", "Music and Effects/music.wav": "MUSIC", "SFX/foley.wav": "SFX"}
    assert unplaced == {"VO/song.wav": "two_roles", "Final Mix/all.wav": "mix"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_in_either_unicode_form_are_found_as_they_are_on_disk(
    tmp_path: Path, form: Literal["NFC", "NFD"]
) -> None:
    name = unicodedata.normalize(form, "Geräusche – Müller.wav")
    stems, _, _ = found(tmp_path, name)
    assert stems == {name: "SFX"}


@pytest.mark.skipif(sys.platform == "win32", reason="such names exist on POSIX only")
def test_names_that_nobody_should_give_are_found(tmp_path: Path) -> None:
    long = "x" * 240 + "_VO.wav"
    stems, _, _ = found(tmp_path, long, "sfx\n.wav", "music \U0001f3b5.wav")
    assert stems == {long: "VO", "sfx\n.wav": "SFX", "music \U0001f3b5.wav": "MUSIC"}
    (tmp_path / "sfx\n.wav").rename(tmp_path / os.fsdecode(b"\xff_sfx.wav"))
    (delivery,) = resolve(film_from_paths([tmp_path], "crowd-film"))
    assert {stem.role for stem in delivery.stems} == set(Role)


def test_a_file_without_suffix_counts_if_it_begins_like_sound(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("voice")
    stems, _, _ = found(tmp_path, "VO")
    assert stems == {"VO": "VO"}


def test_a_folder_of_chapters_is_a_film_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    names = ("Kapitel 10/vo.wav", "Kapitel 2/vo.wav", "第三章/音乐.wav", "extras/stems/vo.wav", "docs/readme.txt")
    film = film_from_paths([lay_out(tmp_path, *names)], "crowd-film")
    assert [(chapter.number, chapter.title) for chapter in film.chapters] == [
        (1, "extras"),
        (2, "Kapitel 2"),
        (3, "第三章"),
        (10, "Kapitel 10"),
    ]
    assert not film.is_excerpt
    assert all(delivery.stems for delivery in resolve(film))


def test_two_folders_of_one_number_are_both_kept(tmp_path: Path) -> None:
    film = film_from_paths([lay_out(tmp_path, "ch03/vo.wav", "ch03 new/vo.wav")], "crowd-film")
    assert sorted(chapter.title for chapter in film.chapters) == ["ch03", "ch03 new"]
    assert len({chapter.number for chapter in film.chapters}) == 2


def test_a_number_anywhere_counts_where_it_tells_all_folders_apart(tmp_path: Path) -> None:
    film = film_from_paths([lay_out(tmp_path, "Anna 2/vo.wav", "Ben 1/vo.wav")], "crowd-film")
    assert [(chapter.number, chapter.title) for chapter in film.chapters] == [(1, "Ben 1"), (2, "Anna 2")]


@pytest.mark.parametrize("names", [("vo.wav", "music.wav"), ("VO/a.wav", "Musik/b.wav"), ("stems/vo.wav",), ("x.wav",)])
def test_a_folder_with_stems_is_one_chapter(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder = lay_out(tmp_path / "ch07", *names)
    film = film_from_paths([folder], "crowd-film")
    assert [chapter.number for chapter in film.chapters] == [7]
    assert film.is_excerpt


def test_files_make_a_chapter_for_each_of_their_folders(tmp_path: Path) -> None:
    lay_out(tmp_path, "ch01/vo.wav", "ch01/sfx.wav", "ch01/other.wav", "ch02/vo.wav")
    paths = [tmp_path / "ch01/vo.wav", tmp_path / "ch01/other.wav", tmp_path / "ch02/vo.wav"]
    film = film_from_paths(paths, "crowd-film")
    first, second = resolve(film)
    assert (first.chapter.number, second.chapter.number) == (1, 2)
    assert [stem.path for stem in first.stems] == [paths[0]]
    assert [(item.path, item.reason) for item in first.unplaced] == [(paths[1], UnplacedReason.NO_ROLE)]
    assert [stem.declared_path for stem in second.stems] == [str(paths[2])]
    assert film.is_excerpt


def test_an_empty_folder_is_a_chapter_without_stems(tmp_path: Path) -> None:
    (delivery,) = resolve(film_from_paths([tmp_path], "crowd-film"))
    assert (delivery.stems, delivery.unplaced) == ((), ())


def test_paths_that_do_not_exist_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        film_from_paths([tmp_path / "a", tmp_path / ("b" * 5000)], "crowd-film")
    assert [problem.code for problem in caught.value.problems] == ["no_such_path"] * 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to the superuser")
def test_a_folder_that_cannot_be_listed_is_an_error_of_its_own(tmp_path: Path) -> None:
    closed = lay_out(tmp_path / "ch01", "vo.wav")
    closed.chmod(0)
    try:
        with pytest.raises(OutputError, match="cannot be listed"):
            film_from_paths([closed], "crowd-film")
    finally:
        closed.chmod(0o700)


def film_on_disk(root: Path) -> Path:
    lay_out(root, "ch01/vo.wav", "ch01/Voices_ch01_MUSIC.wav", "ch02/vo.wav", "c/one.wav", "c/two.wav", "loose/vo.wav")
    (root / "film.toml").write_text(FILM, "utf-8")
    return root


def test_declared_stems_are_kept_whether_they_exist_or_not(tmp_path: Path) -> None:
    first, _, third = resolve(load_film(film_on_disk(tmp_path)))
    assert [stem.declared_path for stem in third.stems] == ["c/one.wav", "c/two.wav", "c/gone.wav"]
    # The film's title is a word for a voice, and says nothing in its files' names.
    assert {stem.declared_path: stem.role.value for stem in first.stems} == {
        "ch01/vo.wav": "VO",
        "ch01/Voices_ch01_MUSIC.wav": "MUSIC",
    }


def test_stems_may_settle_what_a_folder_leaves_open(tmp_path: Path) -> None:
    lay_out(tmp_path, "ch01/vo_v1.wav", "ch01/vo_v2.wav", "ch01/sfx.wav")
    text = '[film]\nframe_rate = "24"\n[[chapter]]\nnumber = 1\nfolder = "ch01"\nstems.VO = "ch01/vo_v2.wav"\n'
    (tmp_path / "film.toml").write_text(text, "utf-8")
    (delivery,) = resolve(load_film(tmp_path))
    assert [stem.declared_path for stem in delivery.stems] == ["ch01/vo_v2.wav", "ch01/sfx.wav"]
    assert not delivery.candidates


def test_a_folder_that_is_not_there_delivers_nothing(tmp_path: Path) -> None:
    (tmp_path / "film.toml").write_text(FILM, "utf-8")
    assert resolve(load_film(tmp_path))[0].stems == ()


def test_a_chapter_in_hand_keeps_its_place_in_the_film(tmp_path: Path) -> None:
    film = load_film(film_on_disk(tmp_path))
    part = chapter_in_hand(film, tmp_path / "ch02")
    assert [chapter.number for chapter in part.chapters] == [2]
    assert part.is_excerpt
    assert part.start_frame == film.start_frame + 240
    assert part.start_frame_of(2) == 0
    assert (part.waivers[0].start_frame, part.waivers[0].end_frame) == (24, 48)
    with pytest.raises(UsageError):
        chapter_in_hand(film, tmp_path / "loose")


def test_the_film_of_a_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = film_on_disk(tmp_path / "film")
    numbers = [1, 2, 3]
    for paths in ([root], [root / "film.toml"]):
        assert [chapter.number for chapter in open_film(paths).chapters] == numbers
    assert [chapter.number for chapter in open_film([root / "ch02"]).chapters] == [2]
    assert [chapter.number for chapter in open_film([root / "ch01", root / "c/one.wav"]).chapters] == [1, 3]
    assert open_film([root / "loose"]).manifest is None
    assert open_film([root / "ch02"], profile="ebu-r128").profile == "ebu-r128"
    monkeypatch.chdir(root / "ch01")
    assert find_film_file(Path()) == root / "film.toml"
    assert [chapter.number for chapter in open_film([]).chapters] == numbers
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        open_film([])
    with pytest.raises(ManifestError):
        open_film([], film_file=tmp_path / "none.toml")


def test_folders_around_a_folder_hide_no_sound(tmp_path: Path) -> None:
    lay_out(
        tmp_path, "chapters/7/final/stems/vo.wav", "chapters/7/final/stems/sfx.wav", "chapters/7/final/stems/mx.wav"
    )
    for at in ("", "chapters", "chapters/7", "chapters/7/final"):
        film = film_from_paths([tmp_path / at], "crowd-film")
        assert [len(one.stems) for one in resolve(film)] == [3], at
    lay_out(tmp_path, "wrapped/film v2/ch01/vo.wav", "wrapped/film v2/ch02/vo.wav")
    film = film_from_paths([tmp_path / "wrapped"], "crowd-film")
    assert [(one.number, one.title) for one in film.chapters] == [(1, "ch01"), (2, "ch02")]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_that_leads_round_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "round").symlink_to(tmp_path / "a", target_is_directory=True)
    film = film_from_paths([tmp_path / "a"], "crowd-film")
    assert [one.stems for one in resolve(film)] == [()]
