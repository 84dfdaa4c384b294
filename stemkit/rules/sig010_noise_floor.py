"""SIG010: noise is heard in the pauses of a voice."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.hum import Hum
from stemkit.meters.likeness import Likeness
from stemkit.meters.pauses import Pauses
from stemkit.meters.relations import Relations
from stemkit.rules._base import StemRule, Topic, where_stem

_LOUD_DBFS, _AUDIBLE_DBFS = -55.0, -60.0
_LEAST_VOICE, _LEAST_CHANCE = 0.12, 0.5  # noise makes a voice look like effects


class NoiseFloor(StemRule):
    """A voice's pauses are quiet."""

    code = "SIG010"
    name = "noise_floor"
    topic = Topic.CONTENT
    conditions = ("noise",)
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Pauses), Need(StreamOf.STEM, Hum), Need(StreamOf.STEM, Likeness))
    wants = (Need(StreamOf.ROLES, Relations),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a steady floor; hum, other roles in the stem and wrong names are found by their own rules."""
        pauses, hum, like = (stem.measured.get(Pauses), stem.measured.get(Hum), stem.measured.get(Likeness))
        assert pauses is not None
        floor = pauses.floor_dbfs
        if stem.stem.role is not Role.VO or floor is None or floor <= _AUDIBLE_DBFS or pauses.sound_dbfs is None:
            return
        relations = chapter.together.get(Relations)
        is_explained = any(Role.VO in (leak.source, leak.target) for leak in relations.leaks) if relations else False
        is_voice = like is not None and (
            (like.voice or 0.0) >= _LEAST_VOICE or like.chance_over_effects >= _LEAST_CHANCE
        )
        if is_explained or not is_voice or (hum is not None and hum.mains_hz is not None):
            return
        yield self.finding(
            "noise",
            where_stem(stem, chapter),
            severity=Severity.WARNING if floor > _LOUD_DBFS else Severity.INFO,
            observed=round(floor, 1),
            expected=_AUDIBLE_DBFS,
            unit="dBFS",
            confidence=0.85,
            params={"below_db": pauses.sound_dbfs - floor},
        )
