"""STM003: a stem holds no sound, and nobody said that this is meant."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.meters.sample_peak import SamplePeak
from stemkit.meters.silence import Silence
from stemkit.rules._base import StemRule, Supersedes, Topic, where_stem


class SilentStem(StemRule):
    """Stems hold sound, unless the film file declares the silence."""

    code = "STM003"
    name = "silent_stem"
    topic = Topic.CONTENT
    conditions = ("digital", "near")
    needs = (Need(StreamOf.STEM, Silence), Need(StreamOf.STEM, SamplePeak))
    supersedes = (
        Supersedes(
            ("SIG002", "SIG005", "SIG006", "SIG009", "SIG010", "SIG011", "FMT008", "FMT009", "FMT010", "LUD006")
        ),
        Supersedes(("STM005.not_in_it", "STM009", "STM010", "STM011", "FLM003", "FMT003.live_channels", "FMT011")),
    )

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
