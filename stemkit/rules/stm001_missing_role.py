"""STM001: a role that the profile requires was not delivered."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts
from stemkit.core.finding import Finding, Where
from stemkit.rules._base import ChapterRule, Topic, where_chapter, where_stem


class MissingRole(ChapterRule):
    """Every chapter delivers the roles that the profile requires."""

    code = "STM001"
    name = "missing_role"
    topic = Topic.PRESENCE
    conditions = ("missing", "no_file", "skip_single_files")

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the roles without a file, and the declared files that are not there."""
        for stem in chapter.stems:
            if stem.media is None:
                yield self.finding("no_file", where_stem(stem, chapter), params={"file": stem.stem.declared_path})
        if chapter.chapter.given:
            yield self.skip("skip_single_files", where_chapter(chapter))
            return
        declared = chapter.chapter
        there = {stem.stem.role for stem in chapter.stems} | set(chapter.delivery.candidates)
        found = ", ".join(sorted(there)) or "none"
        for role in film.profile.roles.required:
            if role not in there and role not in declared.intentionally_silent:
                where = Where(chapter=declared.number, role=role)
                params = {"role": role.value, "found": found, "folder": declared.declared_folder}
                yield self.finding("missing", where, params=params)
