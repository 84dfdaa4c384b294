"""FMT005: a file is not named as the profile asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.finding import Finding, Severity
from stemkit.core.naming import same_name, stem_file_name
from stemkit.core.steps import Rename
from stemkit.rules._base import StemRule, Topic, where_stem


class FileName(StemRule):
    """Stems are named after film, chapter and role, as the profile's pattern says."""

    code = "FMT005"
    name = "file_name"
    topic = Topic.NAME
    conditions = ("file_name", "skip_no_film")
    severity = Severity.INFO
    fix = "safe"

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield the name that would be right; the extension is another rule's matter."""
        where, role = where_stem(stem, chapter), stem.stem.role
        if film.film.manifest is None:
            yield self.skip("skip_no_film", where)
            return
        siblings = chapter.of_role(role)
        index = siblings.index(stem) + 1 if len(siblings) > 1 else None
        number, rate = chapter.chapter.number, film.film.frame_rate
        stays_float = film.profile.format.float_accepted and stem.media is not None and stem.media.subtype == "FLOAT"
        name = stem_file_name(film.profile, film.film.title, number, role, index, rate, is_float=stays_float)
        expected = f"{Path(name).stem}{stem.stem.path.suffix}"
        if not same_name(stem.stem.path.name, expected):
            yield self.finding(
                "file_name",
                where,
                observed=stem.stem.path.name,
                expected=name,
                fixes=(Rename(name),),
            )
