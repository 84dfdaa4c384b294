"""FLM002: a chapter is far louder or quieter than those around it."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from stemkit.core.facts import FilmFacts, Need, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import FilmRule, Topic, where_chapter

_LEAST_CHAPTERS = 4
_REACH = 3


class ChapterLevel(FilmRule):
    """A chapter's loudness is near that of its neighbours."""

    code = "FLM002"
    name = "chapter_level"
    topic = Topic.LEVEL
    conditions = ("louder", "quieter")
    severity = Severity.WARNING
    wants = (Need(StreamOf.CHAPTER_SUM, Loudness),)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield chapters whose loudness is far from the middle of their neighbours'."""
        measured = [(one, loudness.programme_lufs) for one in film.chapters if (loudness := one.sum.get(Loudness))]
        known = [(chapter, lufs) for chapter, lufs in measured if lufs is not None]
        if len(known) < _LEAST_CHAPTERS:
            return
        limit = film.profile.film.chapter_spread_lu
        for at, (chapter, lufs) in enumerate(known):
            near = [other for _, other in known[max(0, at - _REACH) : at] + known[at + 1 : at + 1 + _REACH]]
            over = lufs - median(near)
            if abs(over) > limit:
                yield self.finding(
                    "louder" if over > 0.0 else "quieter",
                    where_chapter(chapter),
                    observed=round(lufs, 1),
                    expected=round(median(near), 1),
                    unit="LUFS",
                    confidence=0.8,
                    params={"by_lu": abs(over), "limit_lu": limit},
                )
