"""One chapter of a film in hand: at its place in the film, or in the folder of whoever made it, under any name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from stemkit.core.errors import OutputError, Problem, UsageError
from stemkit.core.film import Chapter, Film, Stem
from stemkit.core.names import archive_of, place_name
from stemkit.core.roles import recognise
from stemkit.core.words import normalised
from stemkit.intake.listing import look_into, sounds_below
from stemkit.intake.numbers import numbers_in


@dataclass(frozen=True, slots=True)
class _Source:
    """A folder or archive, and the files in it that were named, if not all of it is meant."""

    place: Path
    files: tuple[Path, ...] = ()

    @property
    def sounds(self) -> tuple[Path, ...]:
        return self.files or tuple(sounds_below(self.place))


def in_hand(film: Film, paths: Sequence[Path]) -> Film | None:
    """Return the film with the chapters that paths belong to, `None` if one belongs to none."""
    numbers: set[int] = set()
    for path in paths:
        owners = [chapter.number for chapter in film.chapters if _belongs(chapter, path)]
        if not owners:
            return None
        numbers.update(owners)
    return excerpt_of(film, numbers)


def chapter_in_hand(film: Film, path: Path) -> Film:
    """Return a film with only those chapters to which a folder or file belongs, at their places in the film.

    Raises
    ------
    UsageError
        If no chapter of the film file is there.
    """
    found = in_hand(film, [path])
    if found is None:
        hint = "check the folder and stems of the film file's chapters"
        raise UsageError(Problem("no_chapter", "no chapter of the film is there", hint, str(path)))
    return found


def _belongs(chapter: Chapter, path: Path) -> bool:
    path = path.resolve()
    homes = [chapter.folder.resolve()] if chapter.folder is not None else []
    homes += [stem.path.resolve() for stem in chapter.stems]
    return any(path == home or home in path.parents or path in home.parents for home in homes)


def excerpt_of(film: Film, numbers: set[int]) -> Film:
    """Return a film with only some of its chapters in hand, each at its place."""
    chapters = tuple(chapter for chapter in film.chapters if chapter.number in numbers)
    if len(chapters) == len(film.chapters):
        return film
    offset = film.start_frame_of(chapters[0].number) or 0
    return replace(
        film,
        chapters=chapters,
        start_frame=film.start_frame + offset,
        boundaries=tuple(boundary for boundary in film.boundaries if boundary.after in numbers),
        waivers=tuple(
            replace(
                waiver,
                start_frame=None if waiver.start_frame is None else waiver.start_frame - offset,
                end_frame=None if waiver.end_frame is None else waiver.end_frame - offset,
            )
            for waiver in film.waivers
            if waiver.chapter is None or waiver.chapter in numbers
        ),
        is_excerpt=True,
        gaps=_gaps(film, [chapter.number for chapter in chapters]),
    )


def _gaps(film: Film, numbers: Sequence[int]) -> dict[int, int | None]:
    """Return what lies between chapters that do not follow each other in the film."""
    order = [chapter.number for chapter in film.chapters]
    lengths = [chapter.length_frames for chapter in film.chapters]
    gaps: dict[int, int | None] = {}
    for before, after in pairwise(numbers):
        between = lengths[order.index(before) + 1 : order.index(after)]
        if between:
            gaps[after] = None if None in between else sum(one for one in between if one is not None)
    return gaps


def chapters_at(film: Film, paths: Sequence[Path]) -> Film | None:
    """Return a film with only the chapters that folders or files are by their names, taken from there.

    Parameters
    ----------
    film
        As its film file describes it.
    paths
        Folders, archives or files that the film file does not name. The name of the chapter's folder, a number
        marked as one, the creator and the title are evidence.

    Returns
    -------
    Film or None
        `None` where a name tells no chapter, or not one alone.

    Raises
    ------
    UsageError
        If two of them are the same chapter.
    """
    found: dict[int, _Source] = {}
    for source in _sources(paths):
        numbers = _meant(source, film)
        if len(numbers) != 1:
            return None
        number = numbers.pop()
        if number in found:
            message = f"is chapter {number}, and so is {found[number].place}"
            raise UsageError(Problem("chapter_twice", message, "check one of them at a time", str(source.place)))
        found[number] = source
    chapters = tuple(_taken_from(found.get(one.number), one) for one in film.chapters if one.number in found)
    return excerpt_of(replace(film, chapters=tuple(_instead(one, chapters) for one in film.chapters)), set(found))


def require_chapters_at(film: Film, paths: Sequence[Path]) -> Film:
    """Return what `chapters_at` does.

    Raises
    ------
    UsageError
        Also if a name tells no chapter.
    """
    meant = chapters_at(film, paths)
    if meant is not None:
        return meant
    numbers = [chapter.number for chapter in film.chapters]
    hint = "give the folder the name that the film file has for it, or one with the chapter's number, such as 'ch07'"
    known = f"{min(numbers)} to {max(numbers)}" if len(numbers) > 1 else str(numbers[0])
    message = f"its name does not tell which chapter of the film it is (there are {known})"
    raise UsageError(Problem("which_chapter", message, hint, ", ".join(map(str, paths))))


def in_this_folder(film: Film, here: Path) -> Film:
    """Return the one chapter that a folder holds, where the film's own folders are not there; else the film.

    So a film file can lie in or above a creator's folder, whatever that is called, and nobody is asked for the chapters
    of others.

    Raises
    ------
    UsageError
        If nothing of the film is there, and the folder holds stems whose chapter cannot be told.
    """
    is_anything_there = any(_is_there(chapter) for chapter in film.chapters)
    if not film.chapters or (is_anything_there and here.resolve() == film.base.resolve()):
        return film
    try:
        has_stems = any(recognise(path.name).roles for path in look_into(here).sounds)
        meant = chapters_at(film, [here]) if has_stems else None
    except (OutputError, UsageError):  # nobody asked to look here, so nobody is told why that is not possible
        return film
    if has_stems and not is_anything_there:
        return meant or require_chapters_at(film, [here])
    return film if meant is None or is_there(film, meant.chapters[0].number) else meant


def _sources(paths: Sequence[Path]) -> list[_Source]:
    files: dict[Path, list[Path]] = {}
    sources = []
    for path in paths:
        if path.is_dir() or archive_of(path) is not None:
            sources.append(_Source(path))
        else:
            files.setdefault(path.parent, []).append(path)
    return sources + [_Source(parent, tuple(dict.fromkeys(given))) for parent, given in files.items()]


def _meant(source: _Source, film: Film) -> set[int]:
    """Return the numbers of the chapters that a folder may be."""
    from stemkit.intake.chapter_list import ListedChapter
    from stemkit.intake.matching import match_folders

    name = place_name(source.place.resolve())
    same = {one.number for one in film.chapters if one.declared_folder and _is_called(name, one.declared_folder)}
    if len(same) == 1:
        return same
    listed = [ListedChapter(one.number, one.title, one.creator) for one in film.chapters]
    matched = match_folders([Path(name)], listed)
    by_name = set(matched.folders) | {number for numbers in matched.doubtful.values() for number in numbers}
    marked = {numbers_in(path.name).marked for path in source.sounds}
    by_files = {one.number for one in film.chapters if one.number in marked}
    return (by_name & by_files) or by_files or by_name


def _is_called(name: str, declared: str) -> bool:
    return normalised(name).casefold() == normalised(place_name(Path(declared))).casefold()


def _taken_from(source: _Source | None, chapter: Chapter) -> Chapter:
    assert source is not None
    stems = _found_again(chapter.stems, source)
    is_complete = bool(stems) and len(stems) == len(chapter.stems) and chapter.folder is None
    folder = None if is_complete else source.place
    return replace(chapter, folder=folder, declared_folder=str(source.place), stems=stems, given=source.files)


def _found_again(stems: Sequence[Stem], source: _Source) -> tuple[Stem, ...]:
    """Return the declared stems as files of the same names; roles of which none is there are searched by name."""
    there = {normalised(path.name): path for path in source.sounds}
    found = {stem.role for stem in stems if normalised(stem.path.name) in there}
    moved = []
    for stem in (one for one in stems if one.role in found):
        path = there.get(normalised(stem.path.name), source.place / stem.path.name)
        moved.append(replace(stem, path=path, declared_path=str(path)))
    return tuple(moved)


def _instead(chapter: Chapter, others: Sequence[Chapter]) -> Chapter:
    return next((one for one in others if one.number == chapter.number), chapter)


def is_there(film: Film, number: int) -> bool:
    """Tell whether anything lies where a film file says that a chapter is."""
    return any(_is_there(chapter) for chapter in film.chapters if chapter.number == number)


def _is_there(chapter: Chapter) -> bool:
    homes = [stem.path for stem in chapter.stems]
    homes += [chapter.folder] if chapter.folder is not None else []
    return any(archive_of(home) is not None or home.exists() for home in homes)
