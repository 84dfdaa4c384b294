"""FMT013: a lossy file without delay information: its sound starts late, and nothing says by how much."""

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
    conditions = ("unknown_delay", "unknown_start")
    severity = Severity.WARNING

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a file that does not state its delay; encoders of other codecs differ too much for a figure."""
        media = stem.media
        assert media is not None
        if media.states_codec_delay is not False:
            return
        where = where_stem(stem, chapter)
        if media.subtype == "MPEG_LAYER_III":
            delay_s = _DELAY_SAMPLES / media.sample_rate_hz
            yield self.finding(
                "unknown_delay",
                where,
                observed=round(delay_s, 4),
                expected=0,
                unit="s",
                confidence=0.9,
                params={"delay_s": delay_s, "delay_samples": _DELAY_SAMPLES},
            )
        else:
            yield self.finding("unknown_start", where, confidence=0.9, params={"codec": media.subtype})
