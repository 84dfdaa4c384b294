"""What a film file says of the files of its prints: container, reels, slate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stemkit.core.as_written import hint_for
from stemkit.core.film import Chapter, MixSettings
from stemkit.core.film_document import MixPart
from stemkit.core.film_reading import Reading


def with_prints(settings: MixSettings, reading: Reading, part: MixPart, chapters: Sequence[Chapter]) -> MixSettings:
    """Return the settings of a mix with what ``[mix]`` says of its files."""
    slate = reading.path(part.slate, ("mix", "slate")) if part.slate is not None else None
    reels = tuple(part.reels or ())
    numbers = [chapter.number for chapter in chapters]
    for at, number in enumerate(reels):
        if (why := why_no_reel(number, reels[:at], numbers)) is not None:
            known = number in numbers
            hint = "write each once, in order" if known else hint_for(str(number), map(str, numbers[:-1]))
            reading.complain("wrong_value", ("mix", "reels", at), why, hint)
    return replace(settings, container=part.container, reels=reels, slate=slate)


def why_no_reel(number: int, before: Sequence[int], numbers: Sequence[int]) -> str | None:
    """Return why no reel can end after a chapter, `None` if one can.

    Parameters
    ----------
    before
        The ends of the reels before.
    numbers
        All chapters of the film, in order.
    """
    if number not in numbers:
        return f"there is no chapter {number} after which a reel could end"
    if number == numbers[-1]:
        return f"the film ends with chapter {number}: no reel begins after it"
    if before and number <= before[-1]:
        twice = f"chapter {number} is there twice"
        return twice if number in before else f"reels end in the order of the film: {number} stands after {before[-1]}"
    return None
