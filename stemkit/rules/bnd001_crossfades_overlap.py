"""BND001: the crossfades at a chapter's two cuts need more of it than there is."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity, Where
from stemkit.rules._base import ChapterRule, Topic


class CrossfadesOverlap(ChapterRule):
    """The crossfade into a chapter ends before the one out of it begins."""

    code = "BND001"
    name = "crossfades_overlap"
    topic = Topic.LENGTH
    conditions = ("overlap",)
    severity = Severity.WARNING

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the roles whose two crossfades reach into each other inside the chapter."""
        declared, rate = chapter.chapter, film.film.frame_rate
        numbers = [one.number for one in film.film.chapters]
        at = numbers.index(declared.number)
        if declared.length_frames is None or rate is None or not 0 < at < len(numbers) - 1:
            return
        for role in Role:
            entering = film.film.crossfade_after(numbers[at - 1], role).after_half_frames
            leaving = film.film.crossfade_after(declared.number, role).before_half_frames
            if entering + leaving > 2 * declared.length_frames:
                needed = (entering + leaving) / 2
                yield self.finding(
                    "overlap",
                    Where(chapter=declared.number, role=role),
                    observed=needed,
                    expected=declared.length_frames,
                    unit="frames",
                    params={
                        "needed_s": needed / float(rate.fps),
                        "length_s": declared.length_frames / float(rate.fps),
                        "before": numbers[at - 1],
                    },
                )
