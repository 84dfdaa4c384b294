"""A creator's own folder: which chapter of the film it is, wherever it lies and whatever it is called."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stemkit.core.errors import UsageError
from stemkit.core.film import Film, Role
from stemkit.core.manifest import load_film
from stemkit.intake.folder import open_film, resolve
from stemkit.intake.in_hand import chapters_at, in_this_folder
from stemkit.workflows.check import check
from tests.check.deliveries import FRAMES, clean_chapter, film_of

FILM = """
[film]
title = "Film"
frame_rate = "24"
start_timecode = "01:00:00:00"
[[chapter]]
number = 1
length = "240f"
folder = "ch01"
title = "Harbour"
creator = "Mei Tanaka"
[[chapter]]
number = 2
length = "120f"
folder = "storm"
creator = "Jonas Weber"
[[chapter]]
number = 3
length = "48f"
stems = { VO = "c/stimme.wav", SFX = ["c/amb.wav", "c/fx.wav"] }
[[waiver]]
rule = "FMT005"
reason = "names do not matter here"
"""


def film_in(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "film.toml"
    path.write_text(FILM, encoding="utf-8")
    return path


def stems_in(folder: Path, *names: str) -> Path:
    for name in names or ("VO.wav", "SFX.wav", "MUSIC.wav"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"RIFF")
    return folder


def numbers_of(film: Film) -> list[int]:
    return [chapter.number for chapter in film.chapters]


@pytest.mark.parametrize(
    ("folder", "files", "number"),
    [
        ("ch01", (), 1),
        ("STORM", (), 2),
        ("Kapitel 2", (), 2),
        ("mei tanaka final", (), 1),
        ("Harbour", (), 1),
        ("exports", ("film_ch02_VO.wav", "film_ch02_SFX.wav"), 2),
        ("exports", ("第一章 旁白.wav",), 1),
        ("02", (), 2),
        ("final 3", ("ch01 vo.wav",), 1),
    ],
)
def test_a_folder_is_the_chapter_that_it_says(tmp_path: Path, folder: str, files: tuple[str, ...], number: int) -> None:
    film = film_in(tmp_path / "downloads")
    home = stems_in(tmp_path / "home" / folder, *files)
    found = open_film([home], film_file=film)
    assert numbers_of(found) == [number]
    assert found.is_excerpt
    assert found.frame_rate is not None
    assert {stem.path.parent for stem in resolve(found)[0].stems} == {home}
    assert found.start_frame_of(number) == 0
    assert found.start_frame == load_film(film).start_frame + {1: 0, 2: 240, 3: 360}[number]


@pytest.mark.parametrize("name", ["stuff", "ch09", "Mei Tanaka, Jonas Weber"])
def test_a_name_that_tells_no_chapter_is_asked_for(tmp_path: Path, name: str) -> None:
    film, home = film_in(tmp_path / "downloads"), stems_in(tmp_path / "home" / name)
    with pytest.raises(UsageError) as caught:
        open_film([home], film_file=film)
    assert "1 to 3" in str(caught.value)
    assert "ch07" in caught.value.problems[0].hint


def test_two_folders_of_one_chapter_are_not_checked_as_two(tmp_path: Path) -> None:
    film = film_in(tmp_path / "downloads")
    paths = [stems_in(tmp_path / "home" / name) for name in ("ch01", "ch01 v2")]
    with pytest.raises(UsageError, match="and so is"):
        open_film(paths, film_file=film)


def test_a_whole_film_may_lie_elsewhere(tmp_path: Path) -> None:
    film = film_in(tmp_path / "downloads")
    for name in ("ch01", "storm"):
        stems_in(tmp_path / "deliveries" / name)
    assert numbers_of(open_film([tmp_path / "deliveries"], film_file=film)) == [1, 2]


def test_files_mean_their_chapter_alone(tmp_path: Path) -> None:
    film, home = film_in(tmp_path / "downloads"), stems_in(tmp_path / "home" / "ch02")
    found = open_film([home / "VO.wav"], film_file=film)
    assert [stem.role for stem in resolve(found)[0].stems] == [Role.VO]


def test_declared_stems_are_found_again_by_their_names_or_by_role(tmp_path: Path) -> None:
    film = load_film(film_in(tmp_path / "downloads"))
    home = stems_in(tmp_path / "chapter 3", "stimme.wav", "amb.wav", "fx.wav")
    whole = chapters_at(film, [home])
    assert whole is not None
    (delivery,) = resolve(whole)
    assert [stem.path.name for stem in delivery.stems] == ["stimme.wav", "amb.wav", "fx.wav"]
    (home / "stimme.wav").rename(home / "my voice.wav")
    again = chapters_at(film, [home])
    assert again is not None
    assert [stem.path.name for stem in resolve(again)[0].stems] == ["my voice.wav", "amb.wav", "fx.wav"]


def test_a_film_file_in_the_creators_own_folder_asks_for_no_other_chapter(tmp_path: Path) -> None:
    home = stems_in(tmp_path / "My chapter 2")
    film = load_film(film_in(home))
    assert numbers_of(in_this_folder(film, home)) == [2]
    home.rename(tmp_path / "stuff")
    lost = load_film(tmp_path / "stuff" / "film.toml")
    with pytest.raises(UsageError):
        in_this_folder(lost, tmp_path / "stuff")


def test_the_supervisors_film_stays_whole(tmp_path: Path) -> None:
    film = load_film(film_in(tmp_path))
    assert in_this_folder(film, tmp_path) is film
    stems_in(tmp_path / "ch01")
    stems_in(tmp_path / "old" / "ch01")
    stems_in(tmp_path, "guide VO.wav")
    assert in_this_folder(film, tmp_path) is film
    # What lies beside the film, and is there already, is no chapter in hand.
    assert in_this_folder(film, tmp_path / "old" / "ch01") is film
    assert open_film([tmp_path / "old" / "ch01"]).manifest is None
    shutil.rmtree(tmp_path / "ch01")
    stems_in(tmp_path / "storm")
    assert numbers_of(open_film([tmp_path / "old" / "ch01"])) == [1]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_what_lies_beside_a_film_is_not_looked_at_unasked(tmp_path: Path) -> None:
    film = load_film(film_in(tmp_path / "film"))
    stems_in(tmp_path / "film" / "ch01")
    stems_in(tmp_path / "elsewhere" / "x")
    (tmp_path / "film" / "old").symlink_to(tmp_path / "elsewhere" / "x", target_is_directory=True)
    assert in_this_folder(film, tmp_path / "film") is film
    here = stems_in(tmp_path / "here")
    (here / "link.wav").symlink_to("/dev/null")
    assert in_this_folder(film, here) is film


def test_a_waiver_for_the_whole_film_counts_for_a_chapter_in_hand(tmp_path: Path) -> None:
    film = film_in(tmp_path)
    stems_in(tmp_path / "ch01")
    assert [waiver.rule for waiver in open_film([tmp_path / "ch01"], film_file=film).waivers] == ["FMT005"]


def test_chapters_that_do_not_follow_each_other_keep_their_places(tmp_path: Path) -> None:
    film = film_in(tmp_path)
    stems_in(tmp_path / "ch01")
    stems_in(tmp_path / "c", "stimme.wav")
    part = open_film([tmp_path / "ch01", tmp_path / "c"], film_file=film)
    assert numbers_of(part) == [1, 3]
    assert part.gaps == {3: 120}
    assert (part.start_frame_of(1), part.start_frame_of(3)) == (0, 360)


def test_what_passes_at_home_is_told_with_its_place_in_the_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    film = film_of(tmp_path / "film", 3)
    clean_chapter(tmp_path / "home" / "ch02", 2, length=2000 * (FRAMES - 1))
    report = check([tmp_path / "home" / "ch02"], film_file=film, select=["LEN", "STM001"]).report
    assert [chapter["number"] for chapter in report["chapters"]] == [2]
    assert {one["code"] for one in report["findings"]} == {"LEN001"}
    shutil.copy(film, tmp_path / "home" / "ch02")
    monkeypatch.chdir(tmp_path / "home" / "ch02")
    for paths in ([], [Path()]):
        again = check(paths, select=["LEN", "STM001"]).report
        assert [(one["code"], one["chapter"]) for one in again["findings"]] == [("LEN001", 2)] * 3
