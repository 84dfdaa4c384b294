"""Waivers of a film file: which rule, where, and why."""

from __future__ import annotations

import re

from stemkit.core.as_written import hint_for
from stemkit.core.film import Film, Waiver
from stemkit.core.film_document import WaiverPart
from stemkit.core.film_reading import Reading
from stemkit.core.toml_source import Location, dotted

_RULE = re.compile(r"[A-Z]{3}\d{3}(\.[a-z_]+)?")
_SPAN = re.compile(r"\s*([\d:;.,]+)\s*(?:-|–|to)\s*([\d:;.,]+)\s*")


def read_waivers(reading: Reading, film: Film) -> tuple[Waiver, ...]:
    """Return the waivers of a film file; spans are turned into frames from the film's start."""
    return tuple(_waiver(reading, part, ("waiver", at), film) for at, part in enumerate(reading.document.waiver or ()))


def _waiver(reading: Reading, part: WaiverPart, location: Location, film: Film) -> Waiver:
    if part.rule is not None and not _RULE.fullmatch(part.rule):
        message = f"{part.rule!r} is no code of a rule"
        hint = "see 'stemkit rules'; write a code such as SIG003, or one of its conditions, such as LEN001.long"
        reading.complain("wrong_value", (*location, "rule"), message, hint)
    if part.reason is not None and not part.reason.strip():
        reading.complain("wrong_value", (*location, "reason"), "the reason is empty", "say why the rule does not apply")
    if part.chapter is not None and part.chapter not in [chapter.number for chapter in film.chapters]:
        message = f"there is no chapter {part.chapter}"
        hint = hint_for(str(part.chapter), [str(chapter.number) for chapter in film.chapters])
        reading.complain("unknown_chapter", (*location, "chapter"), message, hint)
    start, end = _span(reading, part, (*location, "span"), film)
    line = reading.source.line_of(location)
    return Waiver(part.rule or "", part.reason or "", part.chapter, part.stem, start, end, line, part.by)


def _span(reading: Reading, part: WaiverPart, location: Location, film: Film) -> tuple[int, int] | tuple[None, None]:
    """Return a waiver's span in frames from the film's start; with a chapter it is written from that one's start."""
    if part.span is None:
        return None, None
    match = _SPAN.fullmatch(part.span)
    if match is None:
        message = f"{dotted(location)} is no span: {part.span!r}"
        reading.complain("wrong_time", location, message, 'write "00:00:10:00-00:00:12:00"')
        return None, None
    start, end = (reading.timecode(text, location) for text in match.groups())
    if start is None or end is None:
        return None, None
    if end <= start:
        reading.complain("wrong_time", location, f"{dotted(location)} ends before it starts: {part.span!r}")
    return _on_the_film(reading, part, location, film, (start, end))


def _on_the_film(
    reading: Reading, part: WaiverPart, location: Location, film: Film, span: tuple[int, int]
) -> tuple[int, int] | tuple[None, None]:
    start, end = span
    if film.start_frame and start >= film.start_frame:
        return start - film.start_frame, end - film.start_frame
    if part.chapter is None:
        return start, end
    offset = film.start_frame_of(part.chapter)
    if offset is None:
        if any(chapter.number == part.chapter for chapter in film.chapters):
            hint = "give every chapter before it a length, or leave the span out"
            reading.complain("wrong_time", location, "the place of the span in the film is not known", hint)
        return None, None
    return start + offset, end + offset
