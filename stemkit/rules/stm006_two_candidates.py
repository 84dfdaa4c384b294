"""STM006: two or more files claim one role; none is taken."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts
from stemkit.core.finding import Finding, Where
from stemkit.rules._base import ChapterRule, Topic


class TwoCandidates(ChapterRule):
    """One file a role, unless the film file says that several belong together."""

    code = "STM006"
    name = "two_candidates"
    topic = Topic.PRESENCE
    conditions = ("two_candidates",)

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the roles that more than one file claims."""
        for role, paths in sorted(chapter.delivery.candidates.items()):
            yield self.finding(
                "two_candidates",
                Where(chapter=chapter.chapter.number, role=role, path=paths[0]),
                observed=len(paths),
                expected=1,
                unit="files",
                params={"role": role.value, "files": ", ".join(path.name for path in paths)},
            )
