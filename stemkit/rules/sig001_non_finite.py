"""SIG001: a file holds values that are no numbers."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Where
from stemkit.core.timebase import Span
from stemkit.meters.integrity import Integrity
from stemkit.rules._base import StemRule, Supersedes, Topic, where_stem


class NonFinite(StemRule):
    """Every sample is a finite number."""

    code = "SIG001"
    name = "non_finite"
    topic = Topic.CONTENT
    conditions = ("non_finite",)
    needs = (Need(StreamOf.STEM, Integrity),)
    supersedes = (Supersedes(("SIG003", "SIG008"), nearby=True),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the count of such values and where the first one is."""
        integrity = stem.measured.get(Integrity)
        assert integrity is not None
        assert stem.media is not None
        if not integrity.non_finite_samples:
            return
        at = integrity.first_non_finite_at_samples
        place = where_stem(stem, chapter)
        span = None if at is None else Span(at, at + 1)
        yield self.finding(
            "non_finite",
            Where(place.chapter, place.role, place.path, span_in_file=span),
            observed=integrity.non_finite_samples,
            expected=0,
            unit="samples",
            params={"first_at_s": None if at is None else at / stem.media.sample_rate_hz},
        )
