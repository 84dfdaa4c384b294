"""FMT004: the container or its codec is not one that the profile takes."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Severity
from stemkit.core.media import MediaInfo
from stemkit.core.steps import Requantise, Rewrap, Step
from stemkit.rules._base import StemRule, Topic, where_stem


class Container(StemRule):
    """Stems come uncompressed, in a container that the profile takes."""

    code = "FMT004"
    name = "container"
    topic = Topic.STORAGE
    conditions = ("container", "codec", "lossy")
    fix = "safe"

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a container or codec that must go, and say what a lossy codec has cost already."""
        assert stem.media is not None
        media, wanted = stem.media, film.profile.format
        fixes: tuple[Step, ...] = (Rewrap("WAV"),)
        if not _is_linear(media):
            fixes = (*fixes, Requantise("PCM_24" if wanted.bit_depth_bits == 24 else "PCM_16"))
        where, names = where_stem(stem, chapter), " or ".join(wanted.containers)
        if media.container not in wanted.containers:
            yield self.finding("container", where, observed=media.container, expected=names, fixes=fixes)
        elif not _is_linear(media):
            yield self.finding("codec", where, observed=media.subtype, expected="PCM", fixes=fixes)
        if media.is_lossy:
            yield self.finding("lossy", where, severity=Severity.WARNING, observed=media.subtype, expected="PCM")


def _is_linear(media: MediaInfo) -> bool:
    return media.subtype.startswith(("PCM_", "ALAC")) or media.subtype in {"FLOAT", "DOUBLE"}
