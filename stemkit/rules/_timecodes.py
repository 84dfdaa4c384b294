"""Start timecodes in the headers of Broadcast WAVs, and what they can mean.

A time reference counts samples since midnight. At 23.976 and 29.97 frames a timecode hour lasts 3603.6 s,
and programs disagree about which hour they count; so both readings are accepted.
"""

from __future__ import annotations

from fractions import Fraction

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.steps import ShiftSound, Step
from stemkit.rules._base import fit_of

_OWN_HOURS = 3600


def stated_start(stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Fraction | None:
    """Return when a stem's picture starts by its header, in seconds since midnight.

    `None` where nothing is stated; 0 is what programs write that know nothing.
    """
    media = stem.media
    if media is None or not media.is_usable or media.bext is None or not media.bext.time_reference_samples:
        return None
    fit, rate = fit_of(stem, chapter, film), film.film.frame_rate
    head = Fraction(fit.handles.head_frames) / rate.fps if fit and rate else Fraction(0)
    return Fraction(media.bext.time_reference_samples, media.sample_rate_hz) + head


def shift_by(stem: StemFacts, by: Fraction, rate_hz: int) -> tuple[Step, ...]:
    """Return the step that puts a stem where its header says that it belongs, if some of it stays in the file."""
    assert stem.media is not None
    length = Fraction(stem.media.length_samples, stem.media.sample_rate_hz)
    return (ShiftSound(round(by * rate_hz)),) if abs(by) < length else ()


class Clock:
    """The film's timecodes as seconds since midnight, in every reading."""

    def __init__(self, film: FilmFacts) -> None:
        self._film = film.film
        self._rate = film.film.frame_rate
        self.numbers = tuple(chapter.chapter.number for chapter in film.chapters)

    def start_of(self, number: int) -> Fraction | None:
        """Return when a chapter's picture starts, `None` where that is not known."""
        frame = self._film.start_frame_of(number)
        if frame is None or self._rate is None or self._film.manifest is None:
            return None
        return Fraction(self._film.start_frame + frame) / self._rate.fps

    def is_at(self, start: Fraction, number: int, chapter: ChapterFacts, tolerance: Fraction) -> bool | None:
        """Tell whether a stated start is that of a chapter, in any reading; `None` where its place is not known."""
        place = self.start_of(number)
        if place is None or self._rate is None:
            return None
        pull = self._rate.fps / self._rate.nominal
        head = Fraction(chapter.chapter.handles.head_frames) / self._rate.fps
        # A program may have counted the head by either clock too.
        readings = (place, place * pull, place * pull - head * pull + head)
        return any(abs(start - reading) <= tolerance for reading in readings)

    def is_own(self, start: Fraction, chapter: ChapterFacts) -> bool:
        """Tell whether a start is that of a session with a clock of its own: a whole hour, with or without handles."""
        head, pull = Fraction(0), Fraction(1)
        if self._rate is not None:
            head = Fraction(chapter.chapter.handles.head_frames) / self._rate.fps
            pull = self._rate.fps / self._rate.nominal
        hours = (_OWN_HOURS * Fraction(1), _OWN_HOURS / pull)
        return any(_is_multiple(start - shift, hour) for hour in hours for shift in (0, head, -head))


def _is_multiple(value: Fraction, of: Fraction) -> bool:
    rest = value % of
    return min(rest, of - rest) <= Fraction(1, 1000)
