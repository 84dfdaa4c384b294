"""A film out of paths: a film file, a folder of chapters, a chapter's folder, or files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from stemkit.core.errors import Problem, UsageError
from stemkit.core.film import Chapter, Film, Handles
from stemkit.core.manifest import FILM_FILE, load_film
from stemkit.core.names import is_archive, place_name
from stemkit.core.profile import DEFAULT_PROFILE
from stemkit.core.roles import recognise
from stemkit.core.words import folded, normalised, pieces
from stemkit.intake.archive import RefusedArchiveError, names_only
from stemkit.intake.in_hand import chapter_in_hand, chapters_at, excerpt_of, in_hand, is_there, require_chapters_at
from stemkit.intake.listing import Listing, look_into, natural_key, unwrapped
from stemkit.intake.numbers import free_numbers, numbers_in
from stemkit.intake.stems import resolve

__all__ = [
    "chapter_in_hand",
    "excerpt_of",
    "film_from_paths",
    "find_film_file",
    "is_chapter_folder",
    "open_film",
    "resolve",
]

_PARTS = (
    "stem stems audio audios sound sounds wav wavs export exports exported bounce bounces render renders rendered final"
    " finals delivery deliveries deliverable deliverables mixdown output out files file track tracks tonspuren spuren"
    " ton son sons sonido audio_files lossless 音频 音轨 分轨 声音 звук дорожки 오디오"
)
_PART_NAMES = frozenset(_PARTS.split())


def find_film_file(start: Path) -> Path | None:
    """Return the nearest ``film.toml`` in a folder or its parents."""
    start = start.absolute()
    return next((folder / FILM_FILE for folder in (start, *start.parents) if (folder / FILM_FILE).is_file()), None)


def open_film(paths: Sequence[Path], *, film_file: Path | None = None, profile: str | None = None) -> Film:
    """Return the film that a command is to work on.

    Parameters
    ----------
    paths
        As given on the command line. None: the film file of the current folder or its parents. A film
        file, or a folder that holds one: that film. A chapter of a film, or files in it, where a film
        file lies above: that film, with only this chapter in hand. Anything else has no film file.
    film_file
        The film file to use, whatever lies around; paths that it does not name are chapters by their own names.
    profile
        Takes the place of the profile that the film file names.

    Raises
    ------
    UsageError
        If a path does not exist, nothing is given and no film file is found, or ``film_file`` is given and a
        path is none of its chapters.
    """
    _require(paths)
    manifest = film_file or _film_file_of(paths)
    if manifest is None:
        if not paths:
            hint = "name a folder of stems (a dot, '.', is this one), or write a film file with 'stemkit init FOLDER'"
            raise UsageError(Problem("no_film", f"there is no {FILM_FILE} here or in a folder above", hint))
        return film_from_paths(paths, profile or DEFAULT_PROFILE)
    film = load_film(manifest, profile=profile)
    whole = {manifest.resolve(), film.base.resolve()}
    parts = [path for path in paths if path.resolve() not in whole]
    if not parts:
        return film
    if (found := in_hand(film, parts)) is not None:
        return found
    if film_file is not None:
        inner = [_chapters_at(path) for path in parts]
        return require_chapters_at(film, list(chain.from_iterable(inner)))
    meant = chapters_at(film, parts)
    is_spare = meant is not None and not any(is_there(film, chapter.number) for chapter in meant.chapters)
    return meant if meant is not None and is_spare else film_from_paths(parts, profile or film.profile)


def _film_file_of(paths: Sequence[Path]) -> Path | None:
    if not paths:
        return find_film_file(Path.cwd())
    first = paths[0]
    if first.is_file() and first.suffix.casefold() == ".toml":
        return first
    if first.is_dir() and (first / FILM_FILE).is_file():
        return first / FILM_FILE
    above = find_film_file(first.parent)
    if above is not None and len({find_film_file(path.parent) for path in paths}) == 1:
        return above
    return None


def _chapters_at(path: Path) -> list[Path]:
    if path.is_dir():
        return chapter_folders(path)
    return chapters_in_archive(path) if is_archive(path) else [path]


def film_from_paths(paths: Sequence[Path], profile_name: str) -> Film:
    """Make a film of folders and files that no film file describes.

    Parameters
    ----------
    paths
        A folder with stems in it is one chapter; a folder of such folders and archives is a film; an archive is
        read as the folder that was packed; files make one chapter for each folder that they lie in.
    profile_name
        The profile to check them by.

    Raises
    ------
    UsageError
        If a path does not exist.
    """
    _require(paths)
    found: list[Chapter] = []
    files: dict[Path, list[Path]] = {}
    is_excerpt = False
    for path in paths:
        if path.is_dir() or is_archive(path):
            folders = _chapters_at(path)
            is_excerpt |= folders == [path]
            found += [_bare_chapter(folder) for folder in folders]
        else:
            files.setdefault(path.parent, []).append(path)
    for parent, given in files.items():
        is_excerpt = True
        found.append(replace(_bare_chapter(parent), declared_folder="", given=tuple(dict.fromkeys(given))))
    base = paths[0] if paths[0].is_dir() else paths[0].parent
    title = base.resolve().name or "film"
    return Film(title, base.resolve(), _numbered(found), profile=profile_name, is_excerpt=is_excerpt)


def _require(paths: Sequence[Path]) -> None:
    hint = "check the spelling; a path with spaces needs quotes"
    missing = [
        Problem("no_such_path", "there is no such file or folder", hint, str(p)) for p in paths if not _exists(p)
    ]
    if missing:
        raise UsageError(*missing)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _bare_chapter(folder: Path) -> Chapter:
    name = place_name(folder.resolve())
    return Chapter(
        number=-1,
        title=name,
        handles=Handles(),
        folder=folder,
        declared_folder=str(folder),
    )


def _numbered(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """Give chapters the numbers in their folders' names, or the next that is free; none is lost."""
    taken: set[int] = set()
    numbers: dict[int, int] = {}
    claims: dict[int, int] = {}
    only = [numbers_in(chapter.title) for chapter in chapters]
    # A number anywhere in the name counts where it tells all chapters apart: "Anna 1", "Ben 2".
    singles = {hint.plain[0] for hint in only if len(hint.plain) == 1}
    are_telling = len(chapters) > 1 and len(singles) == len(chapters)
    for at, hint in enumerate(only):
        number = hint.plain[0] if are_telling and hint.likely is None else hint.likely
        if number is not None:
            claims[at] = number
        if number is not None and number not in taken:
            numbers[at] = number
            taken.add(number)
    free = free_numbers(taken)
    numbered = [
        replace(chapter, number=numbers[at] if at in numbers else next(free), claimed_number=claims.get(at))
        for at, chapter in enumerate(chapters)
    ]
    return tuple(sorted(numbered, key=lambda chapter: chapter.number))


def chapters_in_archive(path: Path) -> list[Path]:
    """Return the chapters in an archive: itself where it holds one, else its folders, as ``all.zip/ch07``.

    What cannot be opened is one chapter, about which the reason is told.
    """
    with tempfile.TemporaryDirectory(prefix="stemkit-") as name:
        try:
            names_only(path, Path(name))
            folders = chapter_folders(Path(name))
        except (RefusedArchiveError, OSError):
            return [path]
        return [path / folder.relative_to(name) for folder in folders] if len(folders) > 1 else [path]


def chapter_folders(folder: Path) -> list[Path]:
    """Return the chapters' folders in a folder: itself where it is a chapter, else those in it that hold sound.

    An archive counts as a folder.
    """
    listing = look_into(folder)
    if is_chapter_folder(listing):
        return [folder]
    inside = unwrapped(folder)
    if inside != folder and len(found := chapter_folders(inside)) > 1:
        return found
    inner = [inner for inner in listing.folders if _holds_sound(inner)]
    there = {path.name.casefold() for path in inner}
    packed = [path for path in listing.archives if path.stem.casefold() not in there]  # else it was unpacked there
    inner += chain.from_iterable(map(chapters_in_archive, packed))
    return sorted(inner, key=lambda path: natural_key(path.name)) or [folder]


def is_chapter_folder(listing: Listing) -> bool:
    """Tell whether a folder is one chapter: it has stems, or folders that are named like parts of one."""
    if any(recognise(path.name).roles for path in listing.sounds):
        return True
    inner = [folder for folder in listing.folders if look_into(folder).sounds]
    if inner:
        return all(_is_part(folder.name) for folder in inner)
    if listing.archives or any(_holds_sound(folder) for folder in listing.folders):
        return False
    return bool(listing.sounds)


def _is_part(name: str) -> bool:
    """Tell whether a folder's name says that it is a part of a chapter, such as ``Music`` or ``stems``."""
    if numbers_in(name).marked is not None:
        return False
    words = {folded(piece.text) for piece in pieces(normalised(name)) if not piece.is_number}
    said = recognise(name)
    return bool(said.roles) or said.is_mix or (bool(words) and words <= _PART_NAMES)


def _holds_sound(folder: Path) -> bool:
    listing = look_into(folder)
    return bool(listing.sounds or listing.archives) or any(look_into(inner).sounds for inner in listing.folders)
