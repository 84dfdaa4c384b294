"""Adding what is new to a film file that somebody has edited: nothing that is written there is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemkit.core.errors import ManifestError, Problem
from stemkit.core.facts import Delivery
from stemkit.core.film import Film
from stemkit.intake.chapter_list import ChapterList, ListedChapter
from stemkit.workflows._film_text import chapter_text, relative


@dataclass(frozen=True, slots=True)
class Merged:
    """A film file with what is new in it.

    Parameters
    ----------
    added
        Sentences: what was added.
    kept
        Sentences: what the file says otherwise than the folder or the list, and went on saying.
    """

    text: str
    added: tuple[str, ...]
    kept: tuple[str, ...]


def merge(
    path: Path,
    film: Film,
    listed: ChapterList,
    deliveries: Sequence[Delivery],
    doubts: Sequence[tuple[int | None, str]],
) -> Merged:
    """Add new chapters, and keys that chapters lack, to a film file; comments, order and edits stay.

    Raises
    ------
    ManifestError
        If the file cannot be added to.
    """
    import tomlkit

    text = path.read_text("utf-8-sig")
    document: Any = tomlkit.parse(text)
    before = tomllib.loads(text)
    here = {chapter["number"]: chapter for chapter in document.get("chapter", [])}
    places = {chapter.get("folder") for chapter in here.values()}
    added: list[str] = []
    kept: list[str] = []
    for chapter, delivery in zip(listed.chapters, deliveries, strict=True):
        folder = delivery.chapter.folder
        place = relative(folder, film.base) if folder is not None and not delivery.chapter.given else None
        if chapter.number in here:
            _complete(here[chapter.number], chapter, place, listed, added, kept)
        elif place is not None and place in places:
            kept.append(f"{place} belongs to another chapter in the file, not to {chapter.number}")
        else:
            said = [sentence for number, sentence in doubts if number == chapter.number]
            document["chapter"].append(tomlkit.parse(chapter_text(film, chapter, delivery, said))["chapter"][0])
            added.append(f"chapter {chapter.number}{f' from {place}' if place else ''}")
    merged = tomlkit.dumps(document) if added else text
    if not _holds(tomllib.loads(merged), before):
        hint = "write the chapters as [[chapter]] tables, or make a new file with --force"
        raise ManifestError(Problem("cannot_merge", "the film file cannot be added to as it is", hint, str(path)))
    return Merged(merged, tuple(added), tuple(kept))


def _complete(
    written: Any, chapter: ListedChapter, place: str | None, listed: ChapterList, added: list[str], kept: list[str]
) -> None:
    """Add the keys that a chapter lacks; say where those that it has differ."""
    length = chapter.length.text if chapter.length is not None else None
    found = {"title": chapter.title, "creator": chapter.creator, "length": length, "folder": place}
    for key, value in found.items():
        if not value or (key == "folder" and "stems" in written):
            continue
        if key not in written:
            written[key] = value
            added.append(f"chapter {chapter.number}: {key} = {value!r}")
        elif written[key] != value and not (key == "length" and _is_same_length(str(written[key]), chapter, listed)):
            kept.append(f"chapter {chapter.number}: {key} stays {written[key]!r}; found was {value!r}")


def _is_same_length(written: str, chapter: ListedChapter, listed: ChapterList) -> bool:
    try:
        return chapter.length is not None and listed.rate.parse_duration(written) == chapter.length.frames(listed.rate)
    except ValueError:
        return False


def _holds(after: Any, before: Any) -> bool:
    """Tell whether everything that was written is still there, unchanged."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(key in after and _holds(after[key], before[key]) for key in before)
    if isinstance(before, list) and before and isinstance(before[0], dict):
        return len(after) >= len(before) and all(_holds(new, old) for new, old in zip(after, before, strict=False))
    return bool(after == before)
