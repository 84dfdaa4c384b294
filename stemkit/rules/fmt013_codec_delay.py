"""FMT013: an MP3 without delay information: its sound starts late, and nothing says by how much."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Severity
from stemkit.rules._base import StemRule, Topic, where_stem

_DELAY_SAMPLES = 576 + 529  # LAME's encoder delay, and that of every layer III decoder


class CodecDelay(StemRule):
    """A lossy file says how many samples its codec has put before the sound."""

    code = "FMT013"
    name = "codec_delay"
    topic = Topic.LENGTH
    conditions = ("unknown_delay",)
    severity = Severity.WARNING

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield an MP3 that does not state its delay."""
        media = stem.media
        assert media is not None
        if media.states_codec_delay is False:
            delay_s = _DELAY_SAMPLES / media.sample_rate_hz
            yield self.finding(
                "unknown_delay",
                where_stem(stem, chapter),
                observed=round(delay_s, 4),
                expected=0,
                unit="s",
                confidence=0.9,
                params={"delay_s": delay_s, "delay_samples": _DELAY_SAMPLES},
            )
