"""``stemkit init``: look at a folder of deliveries and write its film file, with every doubt said in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from stemkit import __version__
from stemkit.core.errors import Problem, UsageError
from stemkit.core.facts import Delivery
from stemkit.core.files import write_atomically
from stemkit.core.film import Chapter, Film, Stem
from stemkit.core.film_document import film_schema
from stemkit.core.manifest import FILM_FILE, load_film
from stemkit.core.names import archive_of, display_name, place_name
from stemkit.core.profile import DEFAULT_PROFILE, load_profile
from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate
from stemkit.intake.chapter_list import DEFAULT_RATE, ChapterList, ListedChapter, read_chapter_list
from stemkit.intake.chapter_times import Written, read_rate
from stemkit.intake.listing import sounds_below
from stemkit.intake.matching import Matching, match_folders
from stemkit.intake.numbers import free_numbers, numbers_in
from stemkit.intake.stems import resolve, role_of
from stemkit.intake.survey import Survey, lengths_of_stems, survey, title_from
from stemkit.intake.table import named_columns
from stemkit.store.facts import open_store
from stemkit.workflows._film_text import film_text, relative
from stemkit.workflows._init_doubts import Doubt, doubts_of_delivery, doubts_of_list, doubts_of_matching
from stemkit.workflows._init_merge import Merged, merge

__all__ = ["InitResult", "film_schema", "init", "named_columns"]


@dataclass(frozen=True, slots=True)
class InitResult:
    """What was written.

    Parameters
    ----------
    path
        The film file.
    film
        What it says.
    listed
        The chapters with their times as written, the frame rate, and where that comes from.
    deliveries
        What was found for each chapter, in the same order.
    doubts
        What a person should look at; each stands in the file as a comment too.
    merged
        What was added to a film file that was there, `None` for a new one.
    """

    path: Path
    film: Film
    listed: ChapterList
    deliveries: tuple[Delivery, ...]
    doubts: tuple[Doubt, ...]
    merged: Merged | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the result as JSON data."""
        return {
            "schema": "stemkit/init/1",
            "version": __version__,
            "film": str(self.path),
            "title": self.film.title,
            "profile": self.film.profile,
            "frame_rate": str(self.listed.rate),
            "frame_rate_from": self.listed.rate_reason,
            "chapters": [
                self._chapter(chapter, delivery)
                for chapter, delivery in zip(self.listed.chapters, self.deliveries, strict=True)
            ],
            "added": list(self.merged.added) if self.merged else None,
            "kept": list(self.merged.kept) if self.merged else None,
            "warnings": [{"code": d.code, "chapter": d.chapter, "message": d.message} for d in self.doubts],
        }

    def _chapter(self, chapter: ListedChapter, delivery: Delivery) -> dict[str, object]:
        folder = delivery.chapter.folder if not delivery.chapter.given else None
        return {
            "number": chapter.number,
            "title": chapter.title,
            "creator": chapter.creator,
            "length_frames": chapter.length.frames(self.listed.rate) if chapter.length else None,
            "folder": relative(folder, self.film.base) if folder else None,
            "stems": {stem.role.value: self._told(stem) for stem in delivery.stems},
        }

    def _told(self, stem: Stem) -> str:
        """Return a stem's path, seen from the film file; what came out of an archive is told as it lies there."""
        is_file = stem.path.is_relative_to(self.film.base)
        return relative(stem.path, self.film.base) if is_file else stem.declared_path

    def as_text(self) -> str:
        """Return the result for people."""
        if self.merged is not None:
            return self._merged_text(self.merged)
        chapters, stems = len(self.deliveries), sum(len(delivery.stems) for delivery in self.deliveries)
        return (
            f"wrote {display_name(self.path)}: {chapters} chapter{'s' * (chapters != 1)}, {stems} stems,"
            f" {self.listed.rate} frames a second, profile {self.film.profile}"
        )

    def _merged_text(self, merged: Merged) -> str:
        name = display_name(self.path)
        head = f"added to {name}:" if merged.added else f"nothing new: {name} stays as it is"
        lines = [head, *(f"  + {sentence}" for sentence in merged.added)]
        return "\n".join([*lines, *(f"  = {sentence}" for sentence in merged.kept)])


def init(
    folder: Path,
    *,
    chapter_list: Path | None = None,
    frame_rate: str | None = None,
    profile: str | None = None,
    force: bool = False,
    columns: Mapping[str, str] | None = None,
) -> InitResult:
    """Write ``film.toml`` into a folder of deliveries.

    Parameters
    ----------
    folder
        Holds one folder for each chapter, or all files side by side, or is one chapter.
    chapter_list
        A CSV file that names the chapters, in any usual form.
    frame_rate
        Such as ``"25"``; wins over the list.
    profile
        Name or file; default ``crowd-film``.
    force
        Whether a film file that is there may be replaced; else what is new is added to it.
    columns
        Columns of the list by meaning, as the user named them.

    Raises
    ------
    UsageError
        If the folder does not exist, or an option cannot be followed.
    ManifestError
        If a film file is there and has errors.
    ProfileError
        If the profile does not exist or has errors.
    OutputError
        If a folder cannot be listed, or the film file cannot be written.
    """
    target = _target(folder)
    there = load_film(target) if os.path.lexists(target) and not force else None
    rate = _given_rate(frame_rate) or (there.frame_rate if there else None)
    load_profile(profile or DEFAULT_PROFILE, beside=folder)
    found = survey(folder)
    listed, matching = _from_list(found, chapter_list, rate, columns) if chapter_list else _from_names(found, rate)
    film = Film(
        title=folder.resolve().name or "film",
        base=folder,
        chapters=tuple(_chapter(chapter, found, matching, folder) for chapter in listed.chapters),
        frame_rate=listed.rate,
        profile=_profile_for(profile, folder),
        manifest=target,
    )
    deliveries = resolve(film, open_store())
    doubts = [*doubts_of_list(listed), *_doubts_of_places(found, listed, matching, folder)]
    doubts += [doubt for delivery in deliveries for doubt in doubts_of_delivery(delivery, folder)]
    listed, said = _with_lengths_of_stems(listed, deliveries)
    doubts = sorted([*doubts, *said], key=lambda doubt: -1 if doubt.chapter is None else doubt.chapter)
    comments = [(doubt.chapter, doubt.message) for doubt in doubts if doubt.code != "frame_rate"]
    if there is not None:
        merged = merge(target, film, listed, deliveries, comments)
        if merged.added:
            write_atomically(target, merged.text.encode("utf-8"))
        told = [doubt for doubt in doubts if doubt.chapter not in {chapter.number for chapter in there.chapters}]
        film = replace(film, title=there.title, profile=there.profile)
        return InitResult(target, film, listed, deliveries, tuple(told), merged)
    text = film_text(film, listed, deliveries, comments)
    write_atomically(target, text.encode("utf-8", "replace"))
    return InitResult(target, film, listed, deliveries, tuple(doubts))


def _target(folder: Path) -> Path:
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "there is no such folder"
        raise UsageError(Problem("no_such_path", what, "name the folder that holds the deliveries", str(folder)))
    return folder / FILM_FILE


def _given_rate(text: str | None) -> FrameRate | None:
    if text is None:
        return None
    rate = read_rate(text)
    if rate is None:
        hint = f"known are {', '.join(KNOWN_RATE_NAMES)}"
        raise UsageError(Problem("wrong_value", f"{text!r} is no frame rate", hint, key="--frame-rate"))
    return rate


def _profile_for(profile: str | None, folder: Path) -> str:
    """Return a profile as the film file names it: a file by its place, seen from there."""
    if profile is None or not profile.endswith(".toml") or (folder / profile).is_file():
        return profile or DEFAULT_PROFILE
    path = Path(profile).resolve()
    return relative(path, folder.resolve()) if path.is_relative_to(folder.resolve()) else path.as_posix()


def _from_names(found: Survey, rate: FrameRate | None) -> tuple[ChapterList, Matching]:
    """Make chapters out of the sources' names, where no list is given; two of one number are both left open."""
    claims: dict[int, list[Path]] = {}
    unnumbered, unmatched = [], []
    for source in found.sources:
        number = numbers_in(place_name(source)).likely
        if number is None and len(found.sources) > 1 and not _has_stems(source):
            unmatched.append(source)
        elif number is None:
            unnumbered.append(source)
        else:
            claims.setdefault(number, []).append(source)
    chapters = [
        ListedChapter(number, "" if found.is_flat else title_from(place_name(sources[0])))
        for number, sources in claims.items()
    ]
    free = free_numbers(set(claims))
    for source in unnumbered:
        number = next(free)
        doubt = () if len(found.sources) == 1 else (f"its folder's name holds no number; {number} was free",)
        chapters.append(ListedChapter(number, title_from(place_name(source)), doubts=doubt))
        claims[number] = [source]
    chapters.sort(key=lambda chapter: chapter.number)
    matching = Matching(
        folders={number: sources[0] for number, sources in claims.items() if len(sources) == 1},
        candidates={number: tuple(sources) for number, sources in claims.items() if len(sources) > 1},
        unmatched=tuple(unmatched),
    )
    return ChapterList(tuple(chapters), rate or DEFAULT_RATE, "option" if rate else "default"), matching


def _has_stems(source: Path) -> bool:
    return archive_of(source) is not None or any(role_of(path, source).roles for path in sounds_below(source))


def _from_list(
    found: Survey, path: Path, rate: FrameRate | None, columns: Mapping[str, str] | None
) -> tuple[ChapterList, Matching]:
    listed = read_chapter_list(path, rate, columns)
    matching = match_folders(found.sources, listed.chapters)
    if len(listed.chapters) == 1 and len(found.sources) == 1 and not found.is_flat:
        matching = Matching({listed.chapters[0].number: found.sources[0]})
    return listed, matching


def _chapter(chapter: ListedChapter, found: Survey, matching: Matching, base: Path) -> Chapter:
    bare = Chapter(chapter.number, chapter.title, chapter.creator)
    folder = matching.folders.get(chapter.number)
    if found.is_flat:
        files = (folder,) if folder else matching.candidates.get(chapter.number, ())
        return replace(bare, folder=base if files else None, given=files)
    return replace(bare, folder=folder, declared_folder=relative(folder, base) if folder else "")


def _doubts_of_places(found: Survey, listed: ChapterList, matching: Matching, folder: Path) -> list[Doubt]:
    missing = {chapter.number for chapter in listed.chapters} - set(matching.folders) - set(matching.candidates)
    if found.is_flat:
        matching = replace(matching, candidates={})
    doubts = list(doubts_of_matching(matching, sorted(missing), folder))
    names = ", ".join(display_name(path.name) for path in found.loose)
    for path in found.unwritable:
        doubts.append(Doubt("unwritable_name", f"the name of {display_name(path.name)} is no text: rename it"))
    if names:
        doubts.append(Doubt("loose_files", f"beside the chapters' folders lie files of no chapter: {names}"))
    return doubts


def _with_lengths_of_stems(listed: ChapterList, deliveries: tuple[Delivery, ...]) -> tuple[ChapterList, list[Doubt]]:
    """Fill in lengths that no list states from the stems, taken to be of picture length, and say so."""
    without = {chapter.number for chapter in listed.chapters if chapter.length is None}
    measured = lengths_of_stems([d for d in deliveries if d.chapter.number in without], listed.rate)
    chapters, doubts = [], []
    for chapter in listed.chapters:
        if chapter.number in without:
            chapter, doubt = _with_length(chapter, measured)  # noqa: PLW2901
            doubts.append(doubt)
        chapters.append(chapter)
    return replace(listed, chapters=tuple(chapters)), doubts


def _with_length(chapter: ListedChapter, measured: Mapping[int, int]) -> tuple[ListedChapter, Doubt]:
    frames = measured.get(chapter.number)
    if frames is None:
        return chapter, Doubt("no_length", "nothing says the length of this chapter's picture", chapter.number)
    none = Written("frames", Fraction(0), "0f")
    length = Written("frames", Fraction(frames), f"{frames}f")
    message = "the length is that of its stems, taken to have no handles; check it against the picture"
    return replace(chapter, length=length, head=none, tail=none), Doubt("length_of_stems", message, chapter.number)
