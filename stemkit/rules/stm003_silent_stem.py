"""STM003: a stem holds no sound, and nobody said that this is meant."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.meters.sample_peak import SamplePeak
from stemkit.meters.silence import Silence
from stemkit.rules._base import StemRule, Topic, where_stem


class SilentStem(StemRule):
    """Stems hold sound, unless the film file declares the silence."""

    code = "STM003"
    name = "silent_stem"
    topic = Topic.CONTENT
    conditions = ("digital", "near")
    needs = (Need(StreamOf.STEM, Silence), Need(StreamOf.STEM, SamplePeak))

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield silence, exact or next to it."""
        silence, peak = stem.measured.get(Silence), stem.measured.get(SamplePeak)
        assert silence is not None
        assert peak is not None
        role = stem.stem.role
        if role in chapter.chapter.intentionally_silent:
            return
        where, params = where_stem(stem, chapter), {"role": role.value}
        if silence.is_digital:
            yield self.finding("digital", where, params=params)
        elif silence.is_near:
            yield self.finding(
                "near", where, severity=Severity.WARNING, observed=peak.max_dbfs, unit="dBFS", params=params
            )
