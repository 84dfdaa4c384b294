"""STM004: the same sound, sample by sample, was delivered twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.meters.digest import Digest
from stemkit.meters.silence import Silence
from stemkit.rules._base import FilmRule, Supersedes, Topic, where_stem

_Entry = tuple[ChapterFacts, StemFacts]


class DuplicateContent(FilmRule):
    """No two stems hold the same sound."""

    code = "STM004"
    name = "duplicate_content"
    topic = Topic.CONTENT
    conditions = ("same_chapter", "other_chapter")
    wants = (Need(StreamOf.STEM, Digest), Need(StreamOf.STEM, Silence))
    supersedes = (
        Supersedes(("STM007", "STM009", "STM010", "STM011", "STM005"), by=("same_chapter",)),
        Supersedes(("FMT005",), by=("other_chapter",)),
    )

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield every stem whose samples are those of another; silence is no duplicate of silence."""
        groups: dict[str, list[_Entry]] = defaultdict(list)
        for chapter in film.chapters:
            for stem in chapter.stems:
                digest, silence = stem.measured.get(Digest), stem.measured.get(Silence)
                if digest is not None and silence is not None and not silence.is_digital:
                    groups[digest.hex].append((chapter, stem))
        for group in groups.values():
            for entry in group:
                if others := [other for other in group if other is not entry]:
                    yield self._finding(entry, others)

    def _finding(self, entry: _Entry, others: list[_Entry]) -> Finding:
        chapter, stem = entry
        here = [other for other in others if other[0] is chapter]
        twin_chapter, twin = (here or others)[0]
        return self.finding(
            "same_chapter" if here else "other_chapter",
            where_stem(stem, chapter),
            severity=Severity.ERROR if here else Severity.WARNING,
            observed=len(others) + 1,
            expected=1,
            unit="files",
            params={
                "role": stem.stem.role.value,
                "twin_role": twin.stem.role.value,
                "twin_chapter": twin_chapter.chapter.number,
                "twin_file": twin.stem.path.name,
            },
        )
