"""SIG009: the mains are heard, all the time."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.hum import Hum
from stemkit.rules._base import StemRule, Topic, where_stem


class HumRule(StemRule):
    """No mains hum lasts through the sound and its pauses."""

    code = "SIG009"
    name = "hum"
    topic = Topic.CONTENT
    conditions = ("hum",)
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Hum),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield hum at 50 or 60 Hz and their harmonics; a held bass note or a machine is as steady."""
        hum = stem.measured.get(Hum)
        assert hum is not None
        if hum.mains_hz is None or hum.level_dbfs is None:
            return
        yield self.finding(
            "hum",
            where_stem(stem, chapter),
            observed=round(hum.level_dbfs, 1),
            unit="dBFS",
            confidence=0.95 if stem.stem.role is Role.VO else 0.7,
            params={
                "mains_hz": hum.mains_hz,
                "lines": ", ".join(f"{hum.mains_hz * harmonic:g}" for harmonic in hum.harmonics),
                "above_db": hum.above_db,
            },
        )
