"""What lies in a folder of deliveries: one chapter, a folder for each chapter, or all files side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from stemkit.core.facts import Delivery
from stemkit.core.timebase import FrameRate, round_half_up
from stemkit.core.words import normalised
from stemkit.intake.folder import chapter_folders
from stemkit.intake.listing import look_into, sounds_below
from stemkit.intake.numbers import numbers_in
from stemkit.intake.stems import role_of


@dataclass(frozen=True, slots=True)
class Survey:
    """Where the chapters' sound lies.

    Parameters
    ----------
    sources
        The chapters' folders; or, where all files lie side by side, the files.
    is_flat
        Whether ``sources`` are files.
    loose
        Sound files beside the chapters' folders, which belong to none.
    unwritable
        Folders and files whose names are no text, so that no film file can name them.
    """

    sources: tuple[Path, ...]
    is_flat: bool = False
    loose: tuple[Path, ...] = ()
    unwritable: tuple[Path, ...] = ()


def survey(folder: Path) -> Survey:
    """Look at a folder of deliveries.

    Raises
    ------
    OutputError
        If a folder cannot be listed.
    """
    sounds = look_into(folder).sounds
    folders = chapter_folders(folder)
    if folders == [folder]:
        below = list(sounds_below(folder))
        if _is_flat(below, folder):
            return Survey(_writable(below), is_flat=True, unwritable=_unwritable(below))
        return Survey((folder,) if below else ())
    return Survey(_writable(folders), loose=sounds, unwritable=_unwritable(folders))


def _unwritable(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(path for path in paths if any("\ud800" <= mark <= "\udfff" for mark in path.name))


def _writable(paths: Sequence[Path]) -> tuple[Path, ...]:
    without = set(_unwritable(paths))
    return tuple(path for path in paths if path not in without)


def _is_flat(sounds: Iterable[Path], folder: Path) -> bool:
    """Tell whether stems of several chapters lie side by side, all in one folder or in one for each role.

    Numbers tell the chapters apart, so each stem must have one, and one number must have several roles: the
    numbers of "01 voice, 02 music" only count files.
    """
    stems = [(numbers_in(path.name).likely, role_of(path, folder).role) for path in sounds]
    found = {(number, role) for number, role in stems if role is not None}
    numbers = {number for number, _ in found}
    return None not in numbers and 1 < len(numbers) < len(found)


def title_from(name: str) -> str:
    """Return what a folder's name says beside its number, as a title.

    Examples
    --------
    >>> title_from("Kapitel 03 – Müller"), title_from("ch07"), title_from("07_the_storm")
    ('Müller', '', 'the storm')
    """
    text = normalised(name).replace("_", " ")
    hint = numbers_in(name)
    if hint.marked is not None or hint.leads:
        words = text.split()
        while words and (numbers_in(words[0]).marked is not None or not _says_something(words[0])):
            words.pop(0)
        if len(words) < len(text.split()):
            return " ".join(words)
        marks = text.split(maxsplit=2)
        return marks[2].lstrip("-–—:. ") if len(marks) > 2 and numbers_in(" ".join(marks[:2])).marked else ""
    return " ".join(text.split())


def _says_something(word: str) -> bool:
    return any(mark.isalpha() for mark in word)


def lengths_of_stems(deliveries: Iterable[Delivery], rate: FrameRate) -> Mapping[int, int]:
    """Return, by chapter, the length in frames that all stems of a chapter have.

    Only headers are read. A chapter whose stems differ, or are no whole number of frames long, has none.
    """
    from stemkit.audio.probe import probe

    found = {}
    for delivery in deliveries:
        media = [probe(stem.path) for stem in delivery.stems if stem.path.is_file()]
        lengths = {Fraction(m.length_samples, m.sample_rate_hz) for m in media if m.is_usable and m.sample_rate_hz}
        frames = {round_half_up(seconds * rate.fps) for seconds in lengths}
        if len(frames) == 1 and len(media) == len(delivery.stems):
            count = frames.pop()
            # A sample or two of rounding between rates is no difference.
            if count > 0 and all(abs(seconds - count / rate.fps) < Fraction(1, 5000) for seconds in lengths):
                found[delivery.chapter.number] = count
    return found
