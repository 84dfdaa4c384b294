"""FMT009: sound of a lower rate in a file of a higher one, by the look of its spectrum."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.bandwidth import Bandwidth
from stemkit.rules._base import StemRule, Topic, where_stem

_WALLS_HZ = ((21_100.0, 22_300.0, 44_100), (15_600.0, 16_100.0, 32_000), (10_700.0, 11_150.0, 22_050))
_LEAST_DROP_DB = 40.0


class RateInsideRate(StemRule):
    """The spectrum reaches as far as the sample rate promises."""

    code = "FMT009"
    name = "rate_inside_rate"
    topic = Topic.STORAGE
    conditions = ("wall",)
    severity = Severity.INFO
    needs = (Need(StreamOf.STEM, Bandwidth),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a wall at half of a lower rate; voices are band-limited honestly and left alone."""
        band = stem.measured.get(Bandwidth)
        assert band is not None
        assert stem.media is not None
        if stem.stem.role is Role.VO or band.wall_hz is None or band.drop_db < _LEAST_DROP_DB:
            return
        rates = [rate for low, high, rate in _WALLS_HZ if low <= band.wall_hz <= high]
        if rates and rates[0] < 0.95 * stem.media.sample_rate_hz:
            yield self.finding(
                "wall",
                where_stem(stem, chapter),
                observed=round(band.wall_hz),
                expected=stem.media.sample_rate_hz // 2,
                unit="Hz",
                confidence=0.6,
                params={"rate_hz": rates[0], "file_rate_hz": stem.media.sample_rate_hz, "drop_db": band.drop_db},
            )
