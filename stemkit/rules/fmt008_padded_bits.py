"""FMT008: a file of 24 bits or more holds 16, padded with zeros."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.steps import Requantise
from stemkit.meters.bit_depth import BitDepth
from stemkit.rules._base import StemRule, Topic, where_stem
from stemkit.rules._history import was_taken

_PADDED_BITS = 16


class PaddedBits(StemRule):
    """The bits of a file carry sound."""

    code = "FMT008"
    name = "padded_bits"
    topic = Topic.STORAGE
    conditions = ("padded",)
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, BitDepth),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a file in which every sample fits 16 bits."""
        depth = stem.measured.get(BitDepth)
        assert depth is not None
        assert stem.media is not None
        stored = stem.media.bit_depth_bits
        if depth.used_bits is None or stored is None or stored <= _PADDED_BITS or depth.used_bits > _PADDED_BITS:
            return
        # Whoever let stemkit store 16 bits as 24 knows it, and was told so then.
        is_known = was_taken(Requantise.kind, stem)
        yield self.finding(
            "padded",
            where_stem(stem, chapter),
            severity=Severity.INFO if is_known else Severity.WARNING,
            observed=depth.used_bits,
            expected=stored,
            unit="bits",
            confidence=0.99,
        )
