"""What a new film file leaves open, in sentences: for its comments, and for whoever ran ``stemkit init``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stemkit.core.facts import Delivery, UnplacedReason
from stemkit.core.film import Role
from stemkit.core.names import display_name
from stemkit.intake.chapter_list import ChapterList
from stemkit.intake.matching import Matching

_REASONS = {
    UnplacedReason.NO_ROLE: "its name says no role",
    UnplacedReason.TWO_ROLES: "its name says two roles",
    UnplacedReason.MIX: "its name says that it is a mix or a reference",
    UnplacedReason.ARCHIVE: "it is an archive that was not opened",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a person should look at; ``chapter`` is `None` for the film."""

    code: str
    message: str
    chapter: int | None = None


def doubts_of_list(listed: ChapterList) -> Iterator[Doubt]:
    """Yield what is not clear in the chapter list."""
    if listed.rate_reason == "default":
        yield Doubt("frame_rate", "nothing says the frame rate; 24 was taken")
    for sentence in listed.doubts:
        yield Doubt("chapter_list", sentence)
    for chapter in listed.chapters:
        for sentence in chapter.doubts:
            yield Doubt("chapter_list", sentence, chapter.number)


def doubts_of_matching(matching: Matching, missing: Iterable[int], base: Path) -> Iterator[Doubt]:
    """Yield which folders could not be given to one chapter, and which chapters are without a trace."""
    for number, paths in sorted(matching.candidates.items()):
        names = _names(paths, base)
        message = f'two or more folders could be chapter {number}: {names}; write the right one as folder = "..."'
        yield Doubt("two_folders", message, number)
    for number in missing:
        yield Doubt("no_folder", "no folder was found for this chapter", number)
    for path, numbers in matching.doubtful.items():
        chapters = " or ".join(map(str, numbers))
        yield Doubt("doubtful_folder", f"{_names([path], base)} could be chapter {chapters}; it was given to none")
    for path in matching.unmatched:
        yield Doubt("unmatched_folder", f"{_names([path], base)} fits no chapter")


def doubts_of_delivery(delivery: Delivery, base: Path) -> Iterator[Doubt]:
    """Yield what is missing in a chapter that has a place, and which files were not taken."""
    number = delivery.chapter.number
    if delivery.chapter.folder is None:
        return
    for role, paths in delivery.candidates.items():
        message = f"{len(paths)} files could be {role.value}: {_names(paths, base)};"
        yield Doubt("two_candidates", f'{message} write stems.{role.value} = "..." or remove one', number)
    there = {stem.role for stem in delivery.stems} | set(delivery.candidates)
    for role in Role:
        if role not in there:
            yield Doubt("missing_role", f"no {role.value} was found", number)
    for unplaced in delivery.unplaced:
        why = unplaced.detail or _REASONS[unplaced.reason]
        yield Doubt("not_taken", f"{_names([unplaced.path], base)} was not taken: {why}", number)


def _names(paths: list[Path] | tuple[Path, ...], base: Path) -> str:
    return ", ".join(display_name(_from(path, base)) for path in paths)


def _from(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.name  # out of an archive
