"""FLM003: the voice of a chapter is far louder or quieter than in the rest of the film."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import FilmRule, Topic, where_stem

_LEAST_CHAPTERS = 4


class DialogueSpread(FilmRule):
    """People speak at about one level throughout the film."""

    code = "FLM003"
    name = "dialogue_spread"
    topic = Topic.LEVEL
    conditions = ("louder", "quieter")
    severity = Severity.WARNING
    wants = (Need(StreamOf.STEM, Loudness),)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield voice stems whose gated loudness is far from the film's middle."""
        voices = [(chapter, *voice) for chapter in film.chapters if (voice := _voice(chapter)) is not None]
        if len(voices) < _LEAST_CHAPTERS:
            return
        middle, limit = median(lufs for _, _, lufs in voices), film.profile.film.dialogue_spread_lu
        for chapter, stem, lufs in voices:
            over = lufs - middle
            if abs(over) > limit:
                yield self.finding(
                    "louder" if over > 0.0 else "quieter",
                    where_stem(stem, chapter),
                    observed=round(lufs, 1),
                    expected=round(middle, 1),
                    unit="LUFS",
                    confidence=0.8,
                    params={"by_lu": abs(over), "limit_lu": limit},
                )


def _voice(chapter: ChapterFacts) -> tuple[StemFacts, float] | None:
    """Return the only voice stem of a chapter and its loudness, `None` where that is no one number."""
    stems = chapter.of_role(Role.VO)
    loudness = stems[0].measured.get(Loudness) if len(stems) == 1 else None
    return None if loudness is None or loudness.programme_lufs is None else (stems[0], loudness.programme_lufs)
