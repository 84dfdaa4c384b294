"""Which folder holds which chapter."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.intake.chapter_list import ListedChapter
from stemkit.intake.matching import match_folders

CHAPTERS = (
    ListedChapter(1, "The Storm", "Anna Müller"),
    ListedChapter(2, "Night Train", "Ben Okafor"),
    ListedChapter(3, "夜行列车", "李明"),
    ListedChapter(4, "Storm Again", "Anna Müller"),
    ListedChapter(12, "L'été", "Zoé"),
)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ch01", 1),
        ("Kapitel 02 - Müller Studio", None),  # the number says 2, the name says 1 or 4
        ("Kapitel 04 – Müller", 4),
        ("02 - Night Train", 2),
        ("night_train_FINAL", 2),
        ("NightTrain", 2),
        ("Ben Okafor", 2),
        ("Okafor, Ben", 2),
        ("okafor_stems", 2),
        ("第三章", 3),
        ("李明", 3),
        ("夜行列车-李明", 3),
        ("ZOE", 12),
        ("l_ete", 12),
        ("delivery 12", 12),
        ("Anna Mu\u0308ller 4", 4),
        ("misc", None),
        ("ch99", None),
        ("Anna Müller", None),
    ],
)
def test_folders_are_matched_by_number_creator_and_title(name: str, number: int | None) -> None:
    matching = match_folders([Path(name)], CHAPTERS)
    assert dict(matching.folders) == ({number: Path(name)} if number else {})
    assert len(matching.doubtful) + len(matching.unmatched) == (number is None)


def test_one_of_two_folders_is_never_taken() -> None:
    matching = match_folders([Path("ch02"), Path("Ben Okafor"), Path("ch01")], CHAPTERS)
    assert dict(matching.folders) == {1: Path("ch01")}
    assert dict(matching.candidates) == {2: (Path("ch02"), Path("Ben Okafor"))}


def test_a_creator_of_two_chapters_leaves_it_open() -> None:
    matching = match_folders([Path("Anna Müller")], CHAPTERS)
    assert dict(matching.doubtful) == {Path("Anna Müller"): (1, 4)}
