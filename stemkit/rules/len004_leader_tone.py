"""LEN004: a sync pop or a line-up tone of a leader was left in a stem."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.meters.tones import Tones
from stemkit.rules._base import StemRule, Topic, where_span


class LeaderTone(StemRule):
    """Chapters hold film sound only: pops and tones belong to leaders."""

    code = "LEN004"
    name = "leader_tone"
    topic = Topic.LENGTH
    conditions = ("pop", "line_up")
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Tones),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield leader tones near the ends of a stem, unless the profile wants a pop."""
        tones = stem.measured.get(Tones)
        assert tones is not None
        assert stem.media is not None
        rate, length = stem.media.sample_rate_hz, stem.media.length_samples
        for tone in tones.tones:
            start, end = (min(round(at * rate), length) for at in (tone.start_s, tone.end_s))
            yield self.finding(
                "pop" if tone.is_pop else "line_up",
                where_span(stem, chapter, start, end),
                observed=round(tone.level_dbfs, 1),
                unit="dBFS",
                confidence=0.9 if tone.is_pop else 0.95,
                params={
                    "at_s": tone.start_s,
                    "length_s": tone.end_s - tone.start_s,
                    "end": "beginning" if tone.at_head else "end",
                },
            )
