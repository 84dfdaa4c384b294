"""The film file of the conformed tree: the same film, however the first one was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stemkit.core.film import Film, Role
from stemkit.core.manifest import load_film
from stemkit.plan.conform import ConformItem, ItemStatus
from stemkit.workflows._conformed_tree import film_file_of

HEAD = '[film]\ntitle = "Tide"\nframe_rate = "24"\n'
ONE = '[[chapter]]\nnumber = 1\nlength = "48f"\n'
TWO = '[[chapter]]\nnumber = 2\nlength = "9f"\n'
FORMS = {
    "folder": HEAD + ONE + 'folder = "ch01"\n' + TWO,
    "inline": HEAD + ONE + 'stems = { VO = "a.wav", SFX = ["b.wav", "c.wav"] }\n',
    "dotted": HEAD + ONE + 'stems.VO = "a.wav"\nstems.SFX = "b.wav"\nhandles.head = "1f"\n',
    "tables": HEAD
    + ONE
    + '[chapter.handles]\nhead = "2f"\n[chapter.stems]\nVO = "a.wav"\n'
    + TWO
    + '[chapter.stems]\nVO = "b.wav"\n',
    "array": 'chapter = [{ number = 1, length = "48f", folder = "ch01" }, { number = 2, folder = "x" }]\n' + HEAD,
    "mixed": "# by hand\n\n[mix]\nprofile = 'ebu-r128'\n\n"
    + HEAD
    + '[[chapter]] # first\nnumber = 1\nfolder = "ch01" # where\n\n[[boundary]]\nafter = 1\nVO = "0s"\n'
    + '\n[[chapter]]\nnumber = 2\nfolder = "ch02"\nlength="2s"\n\n[defaults]\ncrossfade.VO = "0s"\n',
    "windows": (HEAD + '[[chapter]]\nnumber = 1\nfolder = "ch01"\n').replace("\n", "\r\n"),
    "bom": "\ufeff" + HEAD + '[[chapter]]\nnumber = 1\nfolder = "ch01"\n',
}


def _conformed(film: Film) -> list[ConformItem]:
    return [
        ConformItem(
            chapter.number,
            role,
            Path("x.wav"),
            "x.wav",
            ItemStatus.WRITTEN,
            output=f"ch{chapter.number:02}/Tide_ch{chapter.number:02}_{role}.wav",
        )
        for chapter in film.chapters
        for role in Role
    ]


@pytest.mark.parametrize("text", FORMS.values(), ids=list(FORMS))
def test_the_tree_is_the_same_film_with_its_stems_declared(tmp_path: Path, text: str) -> None:
    first, second = tmp_path / "in" / "film.toml", tmp_path / "out" / "film.toml"
    for path in (first, second):
        path.parent.mkdir()
    first.write_bytes(text.encode())
    film = load_film(first)
    data = film_file_of(film, _conformed(film))
    assert data is not None
    second.write_bytes(data)
    tree = load_film(second)
    for before, after in zip(film.chapters, tree.chapters, strict=True):
        assert replace(after, folder=None, declared_folder="", stems=()) == replace(
            before, folder=None, declared_folder="", stems=()
        )
        assert after.folder is None
        assert [stem.declared_path for stem in after.stems] == [
            f"ch{after.number:02}/Tide_ch{after.number:02}_{role}.wav" for role in Role
        ]
    kept = {"base": film.base, "manifest": film.manifest, "chapters": film.chapters}
    assert replace(tree, **kept) == film  # type: ignore[arg-type]
    # The tree's own film file makes the same tree again.
    assert film_file_of(tree, _conformed(tree)) == data


def test_comments_of_the_film_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "film.toml"
    path.write_text(FORMS["mixed"], encoding="utf-8")
    film = load_film(path)
    text = (film_file_of(film, _conformed(film)) or b"").decode()
    assert "# by hand" in text
    assert "# first" in text


def test_a_folder_without_a_film_file_has_none_afterwards(tmp_path: Path) -> None:
    assert film_file_of(Film("x", tmp_path, ()), ()) is None
