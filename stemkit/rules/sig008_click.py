"""SIG008: single samples stand out of the sound."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.core.units import db_from_amplitude
from stemkit.meters.clicks import Clicks
from stemkit.rules._base import StemRule, Topic, where_span

_MOST_NAMED = 8
_MANY = 4


class Click(StemRule):
    """No click that nothing around it explains."""

    code = "SIG008"
    name = "click"
    topic = Topic.CONTENT
    conditions = ("click",)
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Clicks),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield clicks, the first few by name."""
        clicks = stem.measured.get(Clicks)
        assert clicks is not None
        assert stem.media is not None
        # Effects may click on purpose: a few are worth a word, many are a fault.
        is_effect = stem.stem.role is Role.SFX and len(clicks.places) < _MANY
        for place in clicks.places[:_MOST_NAMED]:
            yield self.finding(
                "click",
                where_span(stem, chapter, max(0, place - 2), place + 3),
                severity=Severity.INFO if is_effect else Severity.WARNING,
                observed=db_from_amplitude(clicks.height),
                unit="dBFS",
                confidence=0.6 if is_effect else 0.9,
                params={"at_s": place / stem.media.sample_rate_hz, "count": len(clicks.places)},
            )
