"""A film file that is there: what is new is added, what is written stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.core.errors import UsageError
from stemkit.core.manifest import load_film
from stemkit.intake.table import named_columns
from stemkit.workflows.init import init

EDITED = """# ours
[film]
title = "Tide"   # working title
frame_rate = "25"

[[chapter]]
number = 1   # Anna's
creator = "Anna"
length = "48f"

[mix]
profile = "ebu-r128"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two chapters, of which an edited film file knows one."""
    for number in (1, 2):
        chapter = tmp_path / f"ch0{number}"
        chapter.mkdir()
        for name in ("vo.wav", "sfx.wav", "music.wav"):
            (chapter / name).write_bytes(b"RIFF")
    (tmp_path / "film.toml").write_text(EDITED, "utf-8")
    return tmp_path


def test_what_is_new_is_added_and_everything_written_stays(folder: Path) -> None:
    result = init(folder)
    assert result.merged is not None
    assert result.merged.added == ("chapter 1: folder = 'ch01'", "chapter 2 from ch02")
    text = (folder / "film.toml").read_text("utf-8")
    assert all(line in text for line in EDITED.splitlines())
    film = load_film(folder)
    assert [chapter.number for chapter in film.chapters] == [1, 2]
    assert (film.title, str(film.frame_rate), film.mix.profile) == ("Tide", "25", "ebu-r128")
    assert film.chapters[1].folder == folder / "ch02"


def test_a_second_run_changes_nothing(folder: Path) -> None:
    init(folder)
    before = (folder / "film.toml").read_bytes()
    result = init(folder)
    assert result.merged is not None
    assert result.merged.added == ()
    assert (folder / "film.toml").read_bytes() == before
    assert "stays as it is" in result.as_text()


def test_what_the_list_says_otherwise_is_told_and_not_written(folder: Path) -> None:
    chapters = folder / "list.csv"
    chapters.write_text("number,creator,length\n1,Ben,00:00:02:00\n2,Cleo,50\n", "utf-8")
    result = init(folder, chapter_list=chapters)
    assert result.merged is not None
    assert any("creator stays 'Anna'" in sentence for sentence in result.merged.kept)
    assert any("length stays '48f'" in sentence for sentence in result.merged.kept)
    assert load_film(folder).chapters[0].creator == "Anna"
    assert load_film(folder).chapters[1].creator == "Cleo"


def test_columns_can_be_named_by_head_or_by_place(folder: Path) -> None:
    chapters = folder / "list.csv"
    chapters.write_text("A;B;C\n1;x;48f\n2;Cleo;50f\n", "utf-8")
    named = named_columns(["number=1", "creator=b", "length = C"])
    init(folder, chapter_list=chapters, columns=named)
    second = load_film(folder).chapters[1]
    assert (second.creator, second.length_frames) == ("Cleo", 50)


@pytest.mark.parametrize("word", ["length", "lenght=C", "ignored=C", "length="])
def test_a_column_that_is_named_wrongly(word: str) -> None:
    with pytest.raises(UsageError):
        named_columns([word])


def test_a_named_column_that_is_not_there(folder: Path) -> None:
    chapters = folder / "list.csv"
    chapters.write_text("number,creator\n1,x\n", "utf-8")
    with pytest.raises(UsageError, match="there is no column 'Dauer'"):
        init(folder, chapter_list=chapters, columns={"length": "Dauer"})
