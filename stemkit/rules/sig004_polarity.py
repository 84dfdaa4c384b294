"""SIG004: one channel of a stereo pair is turned over."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.steps import FlipPolarity
from stemkit.meters.polarity import Polarity
from stemkit.rules._base import StemRule, Topic, where_stem

_INVERTED, _AGAINST = -0.7, -0.4
_LEAST_SHARE = 0.8


class PolarityRule(StemRule):
    """Left and right move together in the low notes."""

    code = "SIG004"
    name = "polarity"
    topic = Topic.CONTENT
    conditions = ("inverted", "against")
    fix = "unsafe"
    needs = (Need(StreamOf.STEM, Polarity),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a pair that runs against itself."""
        polarity = stem.measured.get(Polarity)
        assert polarity is not None
        correlation = polarity.correlation
        if correlation is None or correlation > _AGAINST:
            return
        is_certain = correlation <= _INVERTED and polarity.share_against >= _LEAST_SHARE
        yield self.finding(
            "inverted" if is_certain else "against",
            where_stem(stem, chapter),
            severity=Severity.ERROR if is_certain else Severity.WARNING,
            observed=round(correlation, 2),
            expected=0.0,
            fixes=(FlipPolarity((1,)),) if is_certain else (),
            confidence=0.98 if is_certain else 0.7,
            params={"share_percent": round(100 * polarity.share_against)},
        )
