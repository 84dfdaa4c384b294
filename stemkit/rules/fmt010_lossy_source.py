"""FMT010: the sound went through a lossy codec before it came into this file, by the look of its spectrum."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.bandwidth import Bandwidth
from stemkit.rules._base import StemRule, Topic, where_stem
from stemkit.rules._walls import is_brick, is_codec, rate_within, weight_of

_WHOLE, _CONVERTERS_HZ = 0.9, 19_600.0


class LossySource(StemRule):
    """The spectrum shows no codec."""

    code = "FMT010"
    name = "lossy_source"
    topic = Topic.STORAGE
    conditions = ("moving", "wall")
    severity = Severity.INFO
    needs = (Need(StreamOf.STEM, Bandwidth),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a wall that moves as codecs move it, or a mere hint; none on files that say what they are."""
        band = stem.measured.get(Bandwidth)
        assert band is not None
        assert stem.media is not None
        if stem.media.is_lossy or band.wall_hz is None or rate_within(band, stem.media.sample_rate_hz) is not None:
            return
        moves = is_codec(band)
        if not moves and (stem.stem.role is Role.VO or not is_brick(band)):
            return
        yield self.finding(
            "moving" if moves else "wall",
            where_stem(stem, chapter),
            severity=_severity(stem, film, band),
            observed=round(band.wall_hz),
            unit="Hz",
            confidence=0.9 if moves else 0.7,
            params={
                "drop_db": band.drop_db,
                "low_hz": round(band.low_hz),
                "high_hz": round(band.high_hz),
                "share_percent": round(100 * band.share),
            },
        )


def _severity(stem: StemFacts, film: FilmFacts, band: Bandwidth) -> Severity:
    """Return a note for effects out of mixed libraries, and for walls that good converters set, too."""
    is_mixed = stem.stem.role is Role.SFX and band.share < _WHOLE
    is_converter = not is_codec(band) and (band.wall_hz or 0.0) > _CONVERTERS_HZ
    if is_mixed or is_converter:
        return Severity.INFO
    return weight_of(stem, film, lambda one: is_codec(one) or is_brick(one), Severity.WARNING)
