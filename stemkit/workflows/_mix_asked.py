"""What people write for chapters and reels on the command line."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

from stemkit.core.errors import Problem, UsageError
from stemkit.core.film import Film, PrintContainer
from stemkit.core.film_prints import why_no_reel

_RANGE = re.compile(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?")


def chapter_runs(text: str, film: Film) -> tuple[tuple[int, ...], ...]:
    """Return the chapters that ``22-24`` or ``3,7-9`` names, those that follow one another together.

    Raises
    ------
    UsageError
        With everything in it that is no chapter.
    """
    numbers = [chapter.number for chapter in film.chapters]
    wanted: set[int] = set()
    problems: list[Problem] = []
    for piece in text.split(","):
        match = _RANGE.fullmatch(piece.strip())
        if match is None:
            problems.append(Problem("wrong_chapters", f"{piece.strip()!r} is no chapter", "write 5, 22-24 or 3,7-9"))
            continue
        first, last = int(match[1]), int(match[2] or match[1])
        found = {number for number in numbers if first <= number <= last}
        missing = sorted({first, last} - set(numbers))
        if missing or not found:
            told = ", ".join(map(str, missing)) or piece.strip()
            hint = f"the film has chapters {numbers[0]} to {numbers[-1]}" if numbers else "the film has no chapters"
            hint = hint if first <= last else "write the first chapter first"
            problems.append(Problem("unknown_chapter", f"there is no chapter {told}", hint))
        wanted |= found
    if problems:
        raise UsageError(*problems)
    runs: list[list[int]] = []
    for at, number in enumerate(numbers):
        if number not in wanted:
            continue
        if at and numbers[at - 1] in wanted:
            runs[-1].append(number)
        else:
            runs.append([number])
    return tuple(map(tuple, runs))


def with_files_asked(film: Film, reels: str | None, container: PrintContainer | None) -> Film:
    """Return the film with what a command line says of the files of its prints.

    Parameters
    ----------
    reels
        Chapters after which a reel ends, such as ``12,25,38``; ``none`` undoes what the film file says.

    Raises
    ------
    UsageError
        If no reel can end where one is asked to.
    """
    mix = film.mix
    if reels is not None:
        mix = replace(mix, reels=() if reels.strip() == "none" else _reels(reels, film))
    return replace(film, mix=replace(mix, container=container or mix.container))


def _reels(text: str, film: Film) -> tuple[int, ...]:
    numbers = [chapter.number for chapter in film.chapters]
    pieces = [piece.strip() for piece in text.split(",")]
    wrong = [piece for piece in pieces if not re.fullmatch(r"\d{1,4}", piece)]
    if wrong:
        hint = "write the chapters after which a reel ends, such as --reels 12,25,38"
        raise UsageError(*(Problem("wrong_reels", f"{piece!r} is no chapter", hint) for piece in wrong))
    found = tuple(map(int, pieces))
    whys = [why_no_reel(found[0], (), numbers), *(why_no_reel(b, (a,), numbers) for a, b in pairwise(found))]
    hint = f"the film has chapters {numbers[0]} to {numbers[-1]}" if numbers else ""
    if problems := [Problem("wrong_reels", why, hint) for why in whys if why]:
        raise UsageError(*problems)
    return found
