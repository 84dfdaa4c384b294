"""FMT001: the sample rate is not the profile's."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding
from stemkit.core.lengths import LengthKind
from stemkit.core.steps import Resample
from stemkit.rules._base import StemRule, Supersedes, Topic, fit_any, where_stem


class SampleRate(StemRule):
    """Stems have the profile's sample rate."""

    code = "FMT001"
    name = "sample_rate"
    topic = Topic.RATE
    conditions = ("sample_rate",)
    fix = "safe"
    supersedes = (Supersedes(("FMT009",)),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a rate that differs, unless the length shows that the header lies: LEN001 says so then."""
        assert stem.media is not None
        observed, expected = stem.media.sample_rate_hz, film.profile.format.sample_rate_hz
        fit = fit_any(stem, chapter, film)
        is_mislabelled = fit is not None and fit.kind is LengthKind.MISLABELLED_RATE
        if observed != expected and not is_mislabelled:
            yield self.finding(
                "sample_rate",
                where_stem(stem, chapter),
                observed=observed,
                expected=expected,
                unit="Hz",
                fixes=(Resample(expected),),
            )
