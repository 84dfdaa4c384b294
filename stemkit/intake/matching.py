"""Which folder holds which chapter: by number, creator and title, and never one of two silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stemkit.core.names import place_name
from stemkit.core.words import folded, normalised, pieces
from stemkit.intake.chapter_list import ListedChapter
from stemkit.intake.numbers import numbers_in


@dataclass(frozen=True, slots=True)
class Matching:
    """Folders and chapters brought together.

    Parameters
    ----------
    folders
        The one folder of each chapter that has one.
    candidates
        Chapters that two or more folders claim; none of them is taken.
    doubtful
        Folders that could be of several chapters, with their numbers.
    unmatched
        Folders of no chapter.
    """

    folders: Mapping[int, Path] = field(default_factory=dict)
    candidates: Mapping[int, tuple[Path, ...]] = field(default_factory=dict)
    doubtful: Mapping[Path, tuple[int, ...]] = field(default_factory=dict)
    unmatched: tuple[Path, ...] = ()


def match_folders(folders: Sequence[Path], chapters: Sequence[ListedChapter]) -> Matching:
    """Match folders to chapters.

    Parameters
    ----------
    folders
        Folders or archives of deliveries; only their names count.
    chapters
        As listed.

    A number marked as one ("ch07"), the creator and the title are evidence; what several of them say must
    agree. A bare number counts only where they say nothing.
    """
    claims: dict[int, list[Path]] = {}
    doubtful: dict[Path, tuple[int, ...]] = {}
    unmatched = []
    for folder in folders:
        numbers = _chapters_of(place_name(folder), chapters)
        if len(numbers) == 1:
            claims.setdefault(numbers.pop(), []).append(folder)
        elif numbers:
            doubtful[folder] = tuple(sorted(numbers))
        else:
            unmatched.append(folder)
    return Matching(
        folders={number: found[0] for number, found in claims.items() if len(found) == 1},
        candidates={number: tuple(found) for number, found in claims.items() if len(found) > 1},
        doubtful=doubtful,
        unmatched=tuple(unmatched),
    )


def _chapters_of(name: str, chapters: Sequence[ListedChapter]) -> set[int]:
    """Return the numbers of the chapters that a folder's name may mean."""
    known = {chapter.number for chapter in chapters}
    hint = numbers_in(name)
    evidence = [{hint.marked} & known] if hint.marked is not None else []
    words = _words(name)
    evidence.append({chapter.number for chapter in chapters if _names(words, chapter.creator)})
    evidence.append({chapter.number for chapter in chapters if _names(words, chapter.title)})
    said = [numbers for numbers in evidence if numbers]
    weak = {hint.likely} & known if hint.likely is not None else set(hint.plain) & known
    if not said:
        return weak
    agreed = set.intersection(*said)
    if len(agreed) > 1 and agreed & weak:
        return agreed & weak
    # Evidence that contradicts itself names all the chapters that it speaks of.
    return agreed or set.union(*said)


def _names(words: Sequence[str], text: str) -> bool:
    """Tell whether a name holds all words of a title or of a person, in their order or turned round."""
    wanted = _words(text)
    if not wanted or (len(wanted) == 1 and len(wanted[0]) < 2):
        return False
    if _holds(words, wanted) or (len(wanted) == 2 and _holds(words, wanted[::-1])):
        return True
    # Many folders bear the family name alone; a short one could be any word.
    return len(wanted) == 2 and len(wanted[1]) >= 5 and wanted[1] in words and not _is_common(wanted[1])


def _is_common(word: str) -> bool:
    return numbers_in(word).likely is not None


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    count = len(wanted)
    if any(list(words[at : at + count]) == list(wanted) for at in range(len(words) - count + 1)):
        return True
    # Names written in one word, "AnnaMüller", and scripts without spaces.
    joined = "".join(wanted)
    return any(joined == word or (len(joined) >= 2 and not joined.isascii() and joined in word) for word in words)


def _words(text: str) -> list[str]:
    return [folded(piece.text) for piece in pieces(normalised(text)) if not piece.is_number]
