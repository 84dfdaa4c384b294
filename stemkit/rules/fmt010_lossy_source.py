"""FMT010: the sound went through a lossy codec before it came into this file, by the look of its spectrum."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.bandwidth import Bandwidth
from stemkit.rules._base import StemRule, Supersedes, Topic, where_stem

_LOWEST_HZ, _HIGHEST_HZ = 14_800.0, 20_700.0
_LEAST_DROP_DB = 40.0


class LossySource(StemRule):
    """The spectrum shows no codec."""

    code = "FMT010"
    name = "lossy_source"
    topic = Topic.STORAGE
    conditions = ("wall",)
    severity = Severity.INFO
    needs = (Need(StreamOf.STEM, Bandwidth),)
    supersedes = (Supersedes(("FMT009",)),)  # one wall, one guess: codecs are far more common than 32 kHz sound

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a wall where codecs set theirs; never more than a hint, and none on files that say what they are."""
        band = stem.measured.get(Bandwidth)
        assert band is not None
        assert stem.media is not None
        if stem.stem.role is Role.VO or stem.media.is_lossy or band.wall_hz is None or band.drop_db < _LEAST_DROP_DB:
            return
        if _LOWEST_HZ <= band.wall_hz <= min(_HIGHEST_HZ, 0.94 * stem.media.sample_rate_hz / 2):
            yield self.finding(
                "wall",
                where_stem(stem, chapter),
                observed=round(band.wall_hz),
                unit="Hz",
                confidence=0.6,
                params={"drop_db": band.drop_db, "below_db": -band.below_db},
            )
