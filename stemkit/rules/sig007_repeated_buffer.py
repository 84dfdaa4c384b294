"""SIG007: a few milliseconds of sound come twice in a row."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.repeats import Repeats
from stemkit.rules._base import StemRule, Supersedes, Topic, where_span

_MOST_NAMED = 8
_BUFFER_STEPS = (64, 441, 480)


class RepeatedBuffer(StemRule):
    """No stretch of sound comes again at once, sample by sample."""

    code = "SIG007"
    name = "repeated_buffer"
    topic = Topic.CONTENT
    conditions = ("repeated",)
    needs = (Need(StreamOf.STEM, Repeats),)
    supersedes = (Supersedes(("SIG008",), nearby=True),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield repeats; those of a voice or of a buffer's length are certain, samplers repeat on purpose."""
        repeats = stem.measured.get(Repeats)
        assert repeats is not None
        assert stem.media is not None
        rate = stem.media.sample_rate_hz
        rows = list(zip(repeats.starts, repeats.lengths, repeats.times, strict=True))
        for start, length, times in rows[:_MOST_NAMED]:
            is_buffer = times == 1 and any(length % step == 0 for step in _BUFFER_STEPS)
            is_certain = stem.stem.role is Role.VO or is_buffer
            yield self.finding(
                "repeated",
                where_span(stem, chapter, start, start + length * times),
                severity=Severity.ERROR if is_certain else Severity.WARNING,
                observed=length,
                unit="samples",
                confidence=0.96 if is_certain else 0.7,
                params={"at_s": start / rate, "length_s": length / rate, "times": times + 1, "count": len(rows)},
            )
