"""Folders as they are found: sound files and folders of them, without what systems and programs leave behind."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stemkit.core.errors import OutputError, Problem, UsageError
from stemkit.core.names import is_archive, is_junk
from stemkit.core.roles import recognise
from stemkit.core.words import SOUND_SUFFIXES, VIDEO_SUFFIXES, normalised

FOLLOW_LINKS = "STEMKIT_FOLLOW_LINKS"
_MAGIC = (b"RIFF", b"RF64", b"BW64", b"RIFX", b"FORM", b"fLaC", b"OggS", b"caff", b"ID3")
_NUMBER = re.compile(r"\d+")
_MOST_WRAPPERS = 8  # a link may lead round in a circle


@dataclass(frozen=True, slots=True)
class Listing:
    """What matters in one folder, in natural order.

    Parameters
    ----------
    sounds
        Files that are sound by their suffix, or by their first bytes where they have none.
    folders
        Folders in it, but for those that stemkit wrote itself.
    archives
        Files that are archives by their names.
    """

    sounds: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    archives: tuple[Path, ...] = ()


def natural_key(name: str) -> tuple[tuple[str, int], ...]:
    """Return a key that sorts names as people count: 2 before 10.

    Examples
    --------
    >>> sorted(["ch10", "ch2"], key=natural_key)
    ['ch2', 'ch10']
    """
    folded = normalised(name).casefold()
    numbers = [int(number) for number in _NUMBER.findall(folded)]
    return (*zip(_NUMBER.split(folded), [*numbers, -1], strict=True), (name, -1))


def look_into(folder: Path) -> Listing:
    """List a folder.

    Raises
    ------
    OutputError
        If the folder cannot be listed. A folder that does not exist is empty.
    UsageError
        If a sound file or folder in it is a link to something elsewhere.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted((Path(entry.path) for entry in entries), key=lambda path: natural_key(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return Listing()
    except OSError as error:
        message = f"the folder cannot be listed: {error.strerror or error}"
        raise OutputError(Problem("unreadable_folder", message, "check your rights", str(folder))) from None
    # Names are judged inside the folder only: the way to it may lead through anything.
    seen = [path for path in found if not is_junk(Path(path.name))]
    listing = Listing(
        sounds=tuple(path for path in seen if path.is_file() and is_sound(path)),
        folders=tuple(path for path in seen if path.is_dir() and not path.name.startswith(".") and not is_ours(path)),
        archives=tuple(path for path in seen if is_archive(path) and path.is_file()),
    )
    _refuse_links(folder, (*listing.sounds, *listing.folders, *listing.archives))
    return listing


def _refuse_links(folder: Path, paths: Iterable[Path]) -> None:
    """Refuse links out of a delivery, which an archive from a stranger may hold: nobody sees where they lead."""
    links = [path for path in paths if path.is_symlink()]
    if not links or os.environ.get(FOLLOW_LINKS) == "1":
        return
    home = folder.resolve().parent  # files that chapters share may lie beside them
    hint = f"put the file itself there, or set {FOLLOW_LINKS}=1 if you made the link yourself"
    problems = [
        Problem("link_outside", f"is a link that leads elsewhere, to {path.resolve()}", hint, str(path))
        for path in links
        if not path.resolve().is_relative_to(home)
    ]
    if problems:
        raise UsageError(*problems)


def is_ours(folder: Path) -> bool:
    """Tell whether stemkit itself wrote a folder, a mix or a conformed tree: it is no delivery."""
    is_mix = (folder / "report.json").is_file() and (folder / "report.html").is_file()
    return is_mix or any((folder / "receipts").glob("*.wav.json"))


def is_sound(path: Path) -> bool:
    """Tell whether a file is to be taken for sound, whether it can be read or not."""
    if path.suffix:
        return is_sound_name(path.name)
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(_MAGIC)
    except OSError:
        return False


def is_sound_name(name: str) -> bool:
    """Tell by its name whether a file is sound; a video is where its name says one role."""
    suffix = Path(name).suffix.casefold()
    return suffix in SOUND_SUFFIXES or (suffix in VIDEO_SUFFIXES and recognise(Path(name).stem).role is not None)


def sounds_below(folder: Path) -> Iterator[Path]:
    """Yield the sound files of a chapter's folder: its own, then those of its folders, one level down.

    Folders that hold nothing but one folder do not count as levels.
    """
    listing = look_into(unwrapped(folder))
    yield from listing.sounds
    for inner in listing.folders:
        yield from look_into(inner).sounds


def unwrapped(folder: Path) -> Path:
    """Return the first folder, from one inwards, that holds more than another folder; the first where all are empty."""
    inner = folder
    for _ in range(_MOST_WRAPPERS):
        listing = look_into(inner)
        if listing.sounds or listing.archives or len(listing.folders) != 1:
            return inner if listing != Listing() else folder
        inner = listing.folders[0]
    return folder
