"""FMT009: sound of a lower rate in a file of a higher one, by the look of its spectrum."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.bandwidth import Bandwidth
from stemkit.rules._base import StemRule, Topic, where_stem
from stemkit.rules._walls import rate_within, weight_of

_FULL_BAND_HZ = 44_100


class RateInsideRate(StemRule):
    """The spectrum reaches as far as the sample rate promises."""

    code = "FMT009"
    name = "rate_inside_rate"
    topic = Topic.STORAGE
    conditions = ("wall",)
    severity = Severity.INFO
    needs = (Need(StreamOf.STEM, Bandwidth),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a wall at half of a lower rate; voices are recorded so honestly and left alone."""
        band = stem.measured.get(Bandwidth)
        assert band is not None
        assert stem.media is not None
        file_rate_hz = stem.media.sample_rate_hz
        rate_hz = rate_within(band, file_rate_hz)
        if rate_hz is None or (stem.stem.role is Role.VO and rate_hz < _FULL_BAND_HZ) or band.wall_hz is None:
            return
        yield self.finding(
            "wall",
            where_stem(stem, chapter),
            severity=weight_of(stem, film, lambda one: rate_within(one, file_rate_hz) == rate_hz, Severity.INFO),
            observed=round(band.wall_hz),
            expected=file_rate_hz // 2,
            unit="Hz",
            confidence=0.85,
            params={"rate_hz": rate_hz, "file_rate_hz": file_rate_hz, "drop_db": band.drop_db},
        )
