"""FMT004: the container or its codec is not one that the profile takes."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding
from stemkit.core.media import MediaInfo
from stemkit.core.steps import Requantise, Rewrap, Step
from stemkit.rules._base import StemRule, Supersedes, Topic, where_stem

_UNCOMPRESSED = frozenset({"WAV", "RF64", "AIFF", "CAF", "W64"})


class Container(StemRule):
    """Stems come uncompressed, in a container that the profile takes."""

    code = "FMT004"
    name = "container"
    topic = Topic.STORAGE
    conditions = ("container", "codec", "lossy")
    fix = "safe"
    supersedes = (Supersedes(("FMT009",), by=("lossy",)),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield a container or codec that must go, and say what a lossy codec has cost already."""
        assert stem.media is not None
        media, wanted = stem.media, film.profile.format
        fixes: tuple[Step, ...] = (Rewrap("WAV"),)
        if not _is_linear(media):
            fixes = (*fixes, Requantise("PCM_24" if wanted.bit_depth_bits == 24 else "PCM_16"))
        where, names = where_stem(stem, chapter), " or ".join(wanted.containers)
        is_taken = media.container in wanted.containers
        if media.is_lossy and (not is_taken or media.container in _UNCOMPRESSED):
            told = media.subtype if media.container in _UNCOMPRESSED else media.container
            yield self.finding("lossy", where, observed=told, expected=names, fixes=fixes)
        elif not is_taken:
            yield self.finding("container", where, observed=media.container, expected=names, fixes=fixes)
        elif not media.is_lossy and not _is_linear(media):
            yield self.finding("codec", where, observed=media.subtype, expected="PCM", fixes=fixes)


def _is_linear(media: MediaInfo) -> bool:
    return media.subtype.startswith(("PCM_", "ALAC")) or media.subtype in {"FLOAT", "DOUBLE"}
