"""STM002: a sound file whose role is not clear was not taken."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, UnplacedReason
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity, Where
from stemkit.rules._base import ChapterRule, Supersedes, Topic


class UnplacedFile(ChapterRule):
    """Every sound file in a chapter's folder says its one role by its name."""

    code = "STM002"
    name = "unplaced_file"
    topic = Topic.PRESENCE
    conditions = tuple(reason.value for reason in UnplacedReason)
    severity = Severity.WARNING
    supersedes = (Supersedes(("STM001.missing", "STM001.nothing"), by=(UnplacedReason.ARCHIVE.value,)),)

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the files that were left out; an error where one may be the stem that is missing."""
        missing = set(film.profile.roles.required) - {stem.stem.role for stem in chapter.stems}
        missing -= chapter.chapter.intentionally_silent
        for unplaced in chapter.delivery.unplaced:
            may_be = set(unplaced.roles) or set(Role)
            is_wanted = bool(missing & may_be) and unplaced.reason is not UnplacedReason.MIX
            yield self.finding(
                unplaced.reason.value,
                Where(chapter=chapter.chapter.number, path=unplaced.path),
                severity=Severity.ERROR if is_wanted else Severity.WARNING,
                params={
                    "file": unplaced.path.name,
                    "roles": " and ".join(role.value for role in unplaced.roles),
                    "why": unplaced.detail or None,
                    "missing": " or ".join(role.value for role in Role if role in missing) or None,
                },
            )
