"""FLM001: chapters are missing, there twice, or in another order than their timecodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from stemkit.core.facts import ChapterFacts, FilmFacts
from stemkit.core.finding import Finding, Severity, Where
from stemkit.rules._base import FilmRule, Supersedes, Topic, where_chapter
from stemkit.rules._timecodes import Clock, stated_start

_MOST_NAMED = 12


class Chapters(FilmRule):
    """Every chapter of the film is there once, in its order."""

    code = "FLM001"
    name = "chapters"
    topic = Topic.PRESENCE
    conditions = ("missing", "twice", "out_of_order")
    severity = Severity.WARNING
    supersedes = (Supersedes(("FMT005",), by=("twice",)),)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield gaps in the numbers, numbers that two folders claim, and timecodes that run backwards."""
        if film.film.is_excerpt:
            return
        yield from self._missing([chapter.chapter.number for chapter in film.chapters])
        yield from self._twice(film.chapters)
        yield from self._out_of_order(film)

    def _missing(self, numbers: Sequence[int]) -> Iterator[Finding]:
        steps = Counter(after - before for before, after in pairwise(numbers))
        # Numbers that rarely follow each other leave room on purpose: 10, 20, 30.
        if not steps or 2 * steps[1] < sum(steps.values()):
            return
        missing = [gone for before, after in pairwise(numbers) for gone in range(before + 1, after)]
        if missing:
            named = ", ".join(map(str, missing[:_MOST_NAMED])) + (" …" if len(missing) > _MOST_NAMED else "")
            yield self.finding("missing", Where(), observed=len(missing), expected=0, params={"numbers": named})

    def _twice(self, chapters: Sequence[ChapterFacts]) -> Iterator[Finding]:
        owners = {chapter.chapter.number: chapter.chapter for chapter in chapters}
        for chapter in chapters:
            declared = chapter.chapter
            claimed = declared.claimed_number
            if claimed is None or claimed == declared.number or claimed not in owners:
                continue
            yield self.finding(
                "twice",
                where_chapter(chapter),
                severity=Severity.ERROR,
                observed=claimed,
                params={"claimed": claimed, "folder": declared.title, "other": owners[claimed].title},
            )

    def _out_of_order(self, film: FilmFacts) -> Iterator[Finding]:
        clock = Clock(film)
        last: tuple[ChapterFacts, Fraction] | None = None
        for chapter in film.chapters:
            starts = {stated_start(stem, chapter, film) for stem in chapter.stems} - {None}
            start = next(iter(starts)) if len(starts) == 1 else None
            # Where the film states the places, LEN003 compares with those.
            is_placed = clock.start_of(chapter.chapter.number) is not None
            if start is None or is_placed or clock.is_own(start, chapter):
                continue
            if last is not None and start < last[1]:
                params = {"before": last[0].chapter.number, "number": chapter.chapter.number}
                yield self.finding("out_of_order", where_chapter(chapter), confidence=0.8, params=params)
            last = (chapter, start)
