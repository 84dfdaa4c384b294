"""BND002: the level jumps at a cut because two chapters were made at different levels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.meters.ends import Ends
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import FilmRule, Topic, where_chapter

_SOUNDING_LUFS = -50.0


class LevelStep(FilmRule):
    """Sound goes on across a cut at about its level; a scene may be loud or quiet, a whole chapter may not."""

    code = "BND002"
    name = "level_step"
    topic = Topic.LEVEL
    conditions = ("up", "down")
    severity = Severity.WARNING
    wants = (Need(StreamOf.CHAPTER_SUM, Ends), Need(StreamOf.CHAPTER_SUM, Loudness))

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield cuts over which the sound jumps in the direction in which the chapters differ as a whole."""
        limits = film.profile.film
        known = [lufs for chapter in film.chapters if (lufs := _whole(chapter)) is not None]
        for left, right in pairwise(film.chapters):
            steps = None if right.chapter.number in film.film.gaps else _steps(left, right)
            if steps is None:
                continue
            at_cut, as_wholes = steps
            is_step = abs(at_cut) > limits.boundary_step_lu and abs(as_wholes) > limits.boundary_chapters_lu
            if is_step and at_cut * as_wholes > 0.0:
                odd = _farther(left, right, median(known))
                params = {"before": left.chapter.number, "after": right.chapter.number, "odd": odd.chapter.number}
                yield self.finding(
                    "up" if at_cut > 0.0 else "down",
                    where_chapter(odd),
                    observed=round(at_cut, 1),
                    expected=limits.boundary_step_lu,
                    unit="LU",
                    confidence=0.7,
                    params={**params, "at_cut_lu": abs(at_cut), "as_wholes_lu": abs(as_wholes)},
                )


def _farther(left: ChapterFacts, right: ChapterFacts, usual: float) -> ChapterFacts:
    """Return which of two chapters is farther from the film's usual level: the step is that one's fault."""
    return max((right, left), key=lambda chapter: abs((_whole(chapter) or usual) - usual))


def _steps(left: ChapterFacts, right: ChapterFacts) -> tuple[float, float] | None:
    """Return by how much the sound rises at a cut, and by how much the chapters differ; `None` where either is open."""
    before, after, first, second = _tail(left), _head(right), _whole(left), _whole(right)
    if before is None or after is None or first is None or second is None or min(before, after) < _SOUNDING_LUFS:
        return None
    return after - before, second - first


def _tail(chapter: ChapterFacts) -> float | None:
    ends = chapter.sum.get(Ends)
    return ends.tail_lufs if ends else None


def _head(chapter: ChapterFacts) -> float | None:
    ends = chapter.sum.get(Ends)
    return ends.head_lufs if ends else None


def _whole(chapter: ChapterFacts) -> float | None:
    loudness = chapter.sum.get(Loudness)
    return loudness.programme_lufs if loudness else None
