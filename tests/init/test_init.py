"""``stemkit init``: a film file out of a folder, and every doubt in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.cli import stemkit
from stemkit.cli._console import run
from stemkit.core.film import Film, Handles, Role
from stemkit.core.manifest import load_film
from stemkit.intake.folder import resolve
from stemkit.workflows._film_text import toml_string
from stemkit.workflows.init import InitResult, init

LIST = '''\
\ufeffNr.;Titel;Urheber;Länge (Frames);Start TC;Handles;Notiz
3;Der Sturm;J. Müller;2604;01:00:00:00;48/48;ok
7;"Nacht; ""Zug""";Bob;2400;01:01:48:12;48/48;
9;夜;李;2400;01:03:28:12;24/48;
12;Café;Anna Kowalska;1200;01:05:08:12;48/48;
Summe;;;8604;;;
'''
TREE = (
    "Kapitel 03 – Müller/Musik_v2.wav",
    "Kapitel 03 – Müller/Stimme.wav",
    "ch07/ch07_VO.wav",
    "ch07/fx.wav",
    "ch07/mx_1.wav",
    "ch07/mx_2.wav",
    "第九章/旁白.wav",
    "第九章/音效.wav",
    "第九章/音乐.wav",
    "Anna Kowalska/full_mix.wav",
    "Anna Kowalska/vo.wav",
    "misc/hm.wav",
)


def lay_out(root: Path, names: Sequence[str], seconds: float = 2.0, rate: int = 48_000) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros((round(seconds * rate), 1)), rate, format="WAV")
    return root


def made(root: Path, **options: object) -> tuple[InitResult, Film]:
    result = init(root, **options)  # type: ignore[arg-type]
    return result, load_film(root)


def codes(result: InitResult, chapter: int | None) -> set[str]:
    return {doubt.code for doubt in result.doubts if doubt.chapter == chapter}


def test_a_list_and_its_folders_make_a_film(tmp_path: Path) -> None:
    lay_out(tmp_path, TREE)
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    result, film = made(tmp_path, chapter_list=tmp_path / "list.csv")
    assert [(c.number, c.title, c.creator, c.length_frames, c.declared_folder) for c in film.chapters] == [
        (3, "Der Sturm", "J. Müller", 2604, "Kapitel 03 – Müller"),
        (7, 'Nacht; "Zug"', "Bob", 2400, "ch07"),
        (9, "夜", "李", 2400, "第九章"),
        (12, "Café", "Anna Kowalska", 1200, "Anna Kowalska"),
    ]
    assert (str(film.frame_rate), film.start_frame) == ("24", 86_400)
    assert [chapter.handles for chapter in film.chapters] == [Handles(48, 48)] * 2 + [Handles(24, 48), Handles(48, 48)]
    assert codes(result, 3) == {"missing_role"}
    assert codes(result, 7) == {"two_candidates"}
    assert codes(result, 9) == set()
    assert codes(result, 12) == {"missing_role", "not_taken"}
    assert "unmatched_folder" in codes(result, None)
    text = (tmp_path / "film.toml").read_text("utf-8")
    assert all(doubt.message in text for doubt in result.doubts)


def test_two_folders_for_one_chapter_are_left_open(tmp_path: Path) -> None:
    lay_out(tmp_path, ["ch01/vo.wav", "ch01_new/vo.wav", "ch02/vo.wav"])
    for options in ({}, {"chapter_list": tmp_path / "list.csv"}):
        (tmp_path / "list.csv").write_text("Number,Title,Length\n1,A,2s\n2,B,2s\n", "utf-8")
        result, film = made(tmp_path, force=True, **options)
        assert [(c.number, c.folder is not None) for c in film.chapters] == [(1, False), (2, True)]
        assert "two_folders" in codes(result, 1)


def test_without_a_list_the_stems_say_the_length_and_a_doubt_says_so(tmp_path: Path) -> None:
    lay_out(tmp_path, ["ch01/vo.wav", "ch01/music.wav"])
    lay_out(tmp_path, ["ch01/fx.wav"], rate=44_100)
    lay_out(tmp_path, ["ch02/vo.wav"])
    lay_out(tmp_path, ["ch02/fx.wav"], seconds=3.0)
    result, film = made(tmp_path, frame_rate="25")
    assert [(c.length_frames, c.handles) for c in film.chapters] == [(50, Handles()), (None, Handles())]
    assert "length_of_stems" in codes(result, 1)
    assert "no_length" in codes(result, 2)
    assert result.listed.rate_reason == "option"


def test_without_anything_the_rate_is_24_with_a_comment(tmp_path: Path) -> None:
    result, film = made(lay_out(tmp_path, ["ch01/vo.wav"]))
    assert str(film.frame_rate) == "24"
    assert "frame_rate" in codes(result, None)
    assert "DOUBT: nothing says the frame rate" in result.path.read_text("utf-8")


def test_a_folder_that_is_one_chapter(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "Kapitel 7", ["vo.wav", "sfx.wav", "music.wav"])
    _, film = made(folder)
    assert [(c.number, c.folder) for c in film.chapters] == [(7, folder)]
    assert len(resolve(film)[0].stems) == 3


@pytest.mark.parametrize(
    "names",
    [
        ("ch01_vo.wav", "ch01_music.wav", "ch02_vo.wav", "ch02_music.wav"),
        ("01 vo.wav", "01 music.wav", "02 vo.wav", "02 music.wav"),
        ("VO/ch01.wav", "Musik/ch01.wav", "VO/ch02.wav", "Musik/ch02.wav"),
    ],
)
def test_files_side_by_side_are_told_apart_by_their_numbers(tmp_path: Path, names: Sequence[str]) -> None:
    _, film = made(lay_out(tmp_path, names))
    assert [(c.number, {stem.role for stem in c.stems}) for c in film.chapters] == [
        (1, {Role.VO, Role.MUSIC}),
        (2, {Role.VO, Role.MUSIC}),
    ]


def test_numbers_that_only_count_files_make_no_chapters(tmp_path: Path) -> None:
    _, film = made(lay_out(tmp_path, ["01_vo.wav", "02_sfx.wav", "03_music.wav"]))
    assert len(film.chapters) == 1


def test_a_film_file_that_is_there_is_kept(tmp_path: Path) -> None:
    lay_out(tmp_path, ["ch01/vo.wav"])
    (tmp_path / "film.toml").write_text("# mine\n")
    assert run(stemkit, ["init", str(tmp_path)]) == 2
    assert (tmp_path / "film.toml").read_text() == "# mine\n"
    assert run(stemkit, ["init", str(tmp_path), "--force"]) == 0
    assert load_film(tmp_path).chapters


def test_names_that_nobody_should_give_survive(tmp_path: Path) -> None:
    lay_out(tmp_path, ['ch01 "x"\\y/vo.wav', "ch02\nfolder/vo.wav", "ch03 \u202e/vo.wav", "A: 4 kapitel 4/vo.wav"])
    _, film = made(tmp_path)
    assert [len(delivery.stems) for delivery in resolve(film)] == [1, 1, 1, 1]
    assert "\u202e" not in "".join(
        line for line in (tmp_path / "film.toml").read_text("utf-8").splitlines() if line.startswith("#")
    )


def test_names_that_are_no_text_are_said(tmp_path: Path) -> None:
    import os

    lay_out(tmp_path, ["ch01/vo.wav", "ch02/vo.wav"])
    try:
        (tmp_path / "ch02").rename(tmp_path / os.fsdecode(b"ch02 \xff"))
    except OSError:
        pytest.skip("this file system takes only names that are text")
    result, film = made(tmp_path)
    assert [chapter.number for chapter in film.chapters] == [1]
    assert "unwritable_name" in codes(result, None)


def test_json_holds_one_object_and_doubts_end_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(tmp_path, TREE)
    assert run(stemkit, ["init", str(tmp_path), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "stemkit/init/1"
    assert [chapter["number"] for chapter in data["chapters"]] == [1, 3, 7, 9]
    assert {warning["code"] for warning in data["warnings"]} >= {"frame_rate", "missing_role", "two_candidates"}


@pytest.mark.parametrize(
    "options",
    [["nowhere"], [".", "--frame-rate", "26"], [".", "--profile", "none"], [".", "--from", "none.csv"], ["film.txt"]],
)
def test_what_cannot_be_followed_ends_with_2_and_writes_nothing(
    tmp_path: Path, options: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lay_out(tmp_path, ["ch01/vo.wav"]))
    (tmp_path / "film.txt").write_text("")
    assert run(stemkit, ["init", *options]) == 2
    assert not (tmp_path / "film.toml").exists()


def test_a_profile_file_is_named_from_the_film_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay_out(tmp_path / "film", ["ch01/vo.wav"])
    (tmp_path / "ours.toml").write_text('extends = "crowd-film"\n')
    (root / "inner.toml").write_text('extends = "crowd-film"\n')
    monkeypatch.chdir(tmp_path)
    for name in ("ours.toml", "film/inner.toml"):
        result, film = made(root, profile=name, force=True)
        assert film.profile == result.film.profile
    assert film.profile == "inner.toml"


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["init", "--schema"]) == 0
    assert "chapter" in json.loads(capsys.readouterr().out)["properties"]


def test_any_text_is_a_toml_string() -> None:
    import tomllib

    text = "".join(map(chr, range(0x250))) + "\u2028\U0001f3b5"
    assert tomllib.loads(f"x = {toml_string(text)}") == {"x": text}
