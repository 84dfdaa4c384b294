"""FMT006: a plain WAV file is larger than its 32-bit sizes can state, or than some programs read."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Severity
from stemkit.core.steps import Rewrap
from stemkit.rules._base import StemRule, Topic, where_stem

_RIFF_BYTES = 1 << 32
_SIGNED_BYTES = 1 << 31


class OversizeRiff(StemRule):
    """A RIFF file states its own size truly, and other programs can read it."""

    code = "FMT006"
    name = "oversize_riff"
    topic = Topic.STORAGE
    conditions = ("over_4_gib", "over_2_gib")
    fix = "safe"

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a WAV file beyond 4 GiB, which needs 64-bit sizes, or beyond 2 GiB, which some programs refuse."""
        media = stem.media
        assert media is not None
        if media.container != "WAV" or media.size_bytes < _SIGNED_BYTES:
            return
        is_over = media.size_bytes >= _RIFF_BYTES
        yield self.finding(
            "over_4_gib" if is_over else "over_2_gib",
            where_stem(stem, chapter),
            severity=Severity.ERROR if is_over else Severity.INFO,
            observed=media.size_bytes,
            expected=_RIFF_BYTES - 1 if is_over else _SIGNED_BYTES - 1,
            unit="bytes",
            fixes=(Rewrap("RF64"),) if is_over else (),
            params={"size_gib": media.size_bytes / (1 << 30)},
        )
