"""FMT002: the samples are not stored in the profile's depth."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding
from stemkit.core.media import MediaInfo
from stemkit.core.steps import Requantise, Subtype
from stemkit.rules._base import StemRule, Topic, where_stem

_INTEGER: dict[int, Subtype] = {16: "PCM_16", 24: "PCM_24"}


class BitDepth(StemRule):
    """Stems have the profile's bit depth, or 32-bit float where it is accepted."""

    code = "FMT002"
    name = "bit_depth"
    topic = Topic.STORAGE
    conditions = ("too_shallow", "too_deep", "float_refused")
    fix = "safe"

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield another depth; lossy codecs have none, FMT004 speaks of those."""
        assert stem.media is not None
        wanted = film.profile.format.bit_depth_bits
        condition = _condition(stem.media, wanted, float_accepted=film.profile.format.float_accepted)
        if condition is not None:
            yield self.finding(
                condition,
                where_stem(stem, chapter),
                observed=stem.media.bit_depth_bits,
                expected=wanted,
                unit="bit",
                fixes=(Requantise(_INTEGER[wanted]),),
                params={"subtype": stem.media.subtype},
            )


def _condition(media: MediaInfo, wanted: int, *, float_accepted: bool) -> str | None:
    depth = media.bit_depth_bits
    if depth is None:
        return None
    if media.is_float:
        if depth > 32:
            return "too_deep"
        return None if float_accepted else "float_refused"
    if depth == wanted:
        return None
    return "too_shallow" if depth < wanted else "too_deep"
