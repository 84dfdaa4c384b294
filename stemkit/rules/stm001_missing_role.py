"""STM001: a role that the profile requires was not delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stemkit.core.facts import ChapterFacts, FilmFacts, Unplaced, UnplacedReason
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Value, Where
from stemkit.rules._base import ChapterRule, Supersedes, Topic, where_chapter, where_stem

_MOST_NAMED = 6


class MissingRole(ChapterRule):
    """Every chapter delivers the roles that the profile requires."""

    code = "STM001"
    name = "missing_role"
    topic = Topic.PRESENCE
    conditions = ("missing", "may_be", "unnamed", "nothing", "no_file", "no_files", "skip_single_files")
    supersedes = (Supersedes(("STM002.no_role", "STM002.two_roles"), by=("may_be", "unnamed")),)

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the roles without a file, and the declared files that are not there; what is all gone is one line."""
        yield from self._absent(chapter)
        if chapter.chapter.given:
            yield self.skip("skip_single_files", where_chapter(chapter))
            return
        declared, delivery = chapter.chapter, chapter.delivery
        there = {stem.stem.role for stem in chapter.stems} | set(delivery.candidates)
        missing = [one for one in film.profile.roles.required if one not in there | declared.intentionally_silent]
        perhaps = [one for one in delivery.unplaced if _may_be(one, missing)]
        roles = ", ".join(missing)
        params: dict[str, Value] = {"found": ", ".join(sorted(there)), "folder": declared.declared_folder}
        if perhaps and len(missing) == len(perhaps) == 1:
            where = Where(declared.number, missing[0], perhaps[0].path)
            yield self.finding("may_be", where, params={**params, "role": missing[0], "file": perhaps[0].path.name})
        elif perhaps:
            files = _listed([one.path.name for one in perhaps])
            yield self.finding(
                "unnamed",
                where_chapter(chapter),
                observed=len(perhaps),
                params={**params, "roles": roles, "files": files},
            )
        elif len(missing) > 1 and not there:
            yield self.finding("nothing", where_chapter(chapter), observed=0, params={**params, "roles": roles})
        else:
            for role in missing:
                yield self.finding("missing", Where(declared.number, role), params={**params, "role": role.value})

    def _absent(self, chapter: ChapterFacts) -> Iterator[Finding]:
        absent = [stem for stem in chapter.stems if stem.media is None]
        if len(absent) > 1 and len(absent) == len(chapter.stems):
            files = _listed([stem.stem.declared_path for stem in absent])
            yield self.finding("no_files", where_chapter(chapter), observed=len(absent), params={"files": files})
            return
        for stem in absent:
            yield self.finding("no_file", where_stem(stem, chapter), params={"file": stem.stem.declared_path})


def _may_be(unplaced: Unplaced, missing: Sequence[Role]) -> bool:
    """Tell whether a file that was left out for its name may be a stem that is missing; a mix never is."""
    may_be = set(unplaced.roles) or set(Role)
    return unplaced.reason in (UnplacedReason.NO_ROLE, UnplacedReason.TWO_ROLES) and bool(may_be & set(missing))


def _listed(names: Sequence[str]) -> str:
    more = f" (+{len(names) - _MOST_NAMED})" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
