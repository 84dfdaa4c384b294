"""PEK002: the sound was cut off at a ceiling, at full scale or before it was turned down."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.units import db_from_amplitude
from stemkit.meters.clipping import Clipping
from stemkit.rules._base import StemRule, Supersedes, Topic, where_span

_FULL_SCALE = 0.999
_FEW, _MANY = 3, 60
_MANY_BELOW = 12


class Clipped(StemRule):
    """Waves are not cut off flat at the sound's own ceiling."""

    code = "PEK002"
    name = "clipped"
    topic = Topic.LEVEL
    conditions = ("full_scale", "turned_down")
    needs = (Need(StreamOf.STEM, Clipping),)
    supersedes = (Supersedes(("PEK001.stem", "PEK001.unflagged", "PEK003.delivered"), by=("full_scale",)),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield flat tops: an error where they are many and at full scale; drawn waveforms are left alone."""
        clipping = stem.measured.get(Clipping)
        assert clipping is not None
        is_full = clipping.ceiling >= _FULL_SCALE
        is_drawn = clipping.others > clipping.tops
        first, last = clipping.first_at_samples, clipping.last_at_samples
        if clipping.tops < (_FEW if is_full else _MANY_BELOW) or is_drawn or first is None or last is None:
            return
        is_bad = is_full and clipping.tops >= _MANY
        yield self.finding(
            "full_scale" if is_full else "turned_down",
            where_span(stem, chapter, first, last),
            severity=Severity.ERROR if is_bad else Severity.WARNING,
            observed=clipping.tops,
            expected=0,
            confidence=0.97 if clipping.tops >= _MANY else 0.8,
            params={
                "samples": clipping.samples,
                "ceiling_dbfs": db_from_amplitude(clipping.ceiling),
                "at_s": first / stem.media.sample_rate_hz if stem.media else None,
            },
        )
