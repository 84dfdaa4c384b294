"""STM007: the same sound in two stems, though not sample by sample: re-encoded, trimmed or at another level."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.digest import Digest
from stemkit.meters.relations import Leak, Relations
from stemkit.meters.twins import Twin, Twins
from stemkit.rules._base import FilmRule, Supersedes, Topic, where_stem

_LEAST_SHARE, _LEAST_SECONDS = 0.8, 10.0


class SameSound(FilmRule):
    """No stem holds another one's sound in another form."""

    code = "STM007"
    name = "same_sound"
    topic = Topic.CONTENT
    conditions = ("same_chapter", "other_chapter")
    wants = (Need(StreamOf.ROLES, Relations), Need(StreamOf.FILM, Twins), Need(StreamOf.STEM, Digest))
    supersedes = (Supersedes(("STM009", "STM010", "STM011", "STM005"), by=("same_chapter",)),)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield stems that sound like another; exact copies are STM004's, three alike are STM008's."""
        for chapter in film.chapters:
            yield from self._in_chapter(chapter)
        twins = film.together.get(Twins)
        places = {(one.chapter.number, stem.stem.path): (one, stem) for one in film.chapters for stem in one.stems}
        for twin in twins.pairs if twins else ():
            one, other = places[twin.chapter, twin.path], places[twin.other_chapter, twin.other_path]
            if twin.chapter != twin.other_chapter and _is_whole(twin) and not _is_copy(one[1], other[1]):
                yield self._elsewhere(*other, *one, twin)

    def _in_chapter(self, chapter: ChapterFacts) -> Iterator[Finding]:
        relations = chapter.together.get(Relations)
        same = [leak for leak in relations.leaks if leak.is_same] if relations else []
        if len(same) >= len(Role):
            return
        for leak in same:
            for one, other in _both(chapter, leak):
                params = {
                    **_names(chapter, one, other),
                    "level_db": abs(leak.gain_db),
                    "lag_s": leak.lag_samples / 12e3,
                }
                yield self.finding("same_chapter", where_stem(one, chapter), confidence=leak.confidence, params=params)

    def _elsewhere(
        self, chapter: ChapterFacts, stem: StemFacts, there: ChapterFacts, twin_stem: StemFacts, twin: Twin
    ) -> Finding:
        params = {**_names(there, stem, twin_stem), "seconds": twin.seconds, "share_percent": round(100 * twin.share)}
        where = where_stem(stem, chapter)
        return self.finding("other_chapter", where, severity=Severity.WARNING, confidence=0.95, params=params)


def _both(chapter: ChapterFacts, leak: Leak) -> Iterator[tuple[StemFacts, StemFacts]]:
    """Yield the stems of both roles with their twins: which of them is the wrong one cannot be heard."""
    for one in chapter.of_role(leak.source):
        for other in chapter.of_role(leak.target):
            if not _is_copy(one, other):
                yield one, other
                yield other, one


def _names(twin_chapter: ChapterFacts, stem: StemFacts, twin: StemFacts) -> dict[str, str | int | float]:
    return {
        "role": stem.stem.role.value,
        "twin_role": twin.stem.role.value,
        "twin_chapter": twin_chapter.chapter.number,
        "twin_file": Path(twin.stem.path).name,
    }


def _is_whole(twin: Twin) -> bool:
    return twin.share >= _LEAST_SHARE and twin.seconds >= _LEAST_SECONDS


def _is_copy(one: StemFacts, other: StemFacts) -> bool:
    digest = one.measured.get(Digest)
    return digest is not None and digest == other.measured.get(Digest)
