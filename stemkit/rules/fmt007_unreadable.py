"""FMT007: a file that is empty, cut off, not sound, or not what its name says."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Severity
from stemkit.core.media import ProblemKind
from stemkit.core.steps import Rewrap
from stemkit.rules._base import StemRule, Topic, where_stem


class Unreadable(StemRule):
    """Every stem can be read from its first sample to its last."""

    code = "FMT007"
    name = "unreadable"
    topic = Topic.PRESENCE
    conditions = tuple(kind.value for kind in ProblemKind)
    fix = "safe"
    takes_unusable = True

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is wrong with the file as a container."""
        assert stem.media is not None
        problem = stem.media.problem
        if problem is None:
            return
        is_name = problem.kind is ProblemKind.WRONG_EXTENSION
        yield self.finding(
            problem.kind.value,
            where_stem(stem, chapter),
            severity=Severity.WARNING if is_name else Severity.ERROR,
            observed=stem.media.container or None,
            fixes=(Rewrap("WAV"),) if is_name else (),
            params={"detail": problem.detail, **problem.params},
        )
