"""SIG003: the sound is gone for some milliseconds."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding
from stemkit.meters.dropouts import Dropouts
from stemkit.rules._base import StemRule, Supersedes, Topic, where_span

_MOST_NAMED = 8


class Dropout(StemRule):
    """Sound does not break off into exact zeros and come back within a moment."""

    code = "SIG003"
    name = "dropout"
    topic = Topic.CONTENT
    conditions = ("dropout",)
    needs = (Need(StreamOf.STEM, Dropouts),)
    supersedes = (Supersedes(("SIG008",), nearby=True),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield every hole in the sound; beyond the first few, one finding for all others."""
        dropouts = stem.measured.get(Dropouts)
        assert dropouts is not None
        assert stem.media is not None
        rate, count = stem.media.sample_rate_hz, len(dropouts.starts)
        holes = list(zip(dropouts.starts, dropouts.lengths, strict=True))
        for start, length in holes[:_MOST_NAMED]:
            yield self.finding(
                "dropout",
                where_span(stem, chapter, start, start + length),
                observed=length,
                expected=0,
                unit="samples",
                confidence=0.98,
                params={"at_s": start / rate, "length_s": length / rate, "count": count},
            )
