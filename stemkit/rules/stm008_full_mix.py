"""STM008: the full mix was exported as a stem, or as every stem."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Value
from stemkit.meters.relations import Leak, Relations
from stemkit.rules._base import ChapterRule, Supersedes, Topic, where_chapter, where_stem

_LOUD_DB = -6.0


class FullMix(ChapterRule):
    """Every stem holds its own role alone, not the mix."""

    code = "STM008"
    name = "full_mix"
    topic = Topic.CONTENT
    conditions = ("one_stem", "every_stem")
    wants = (Need(StreamOf.ROLES, Relations),)
    supersedes = (
        Supersedes(("STM004.same_chapter", "STM007.same_chapter", "STM005", "STM009", "STM010", "STM011")),
        Supersedes(("PEK001.chapter", "LUD001.too_loud", "FLM002", "BND002", "FLM003", "SIG010")),
    )

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield stems that hold all other roles at their own level."""
        relations = chapter.together.get(Relations)
        if relations is None:
            return
        if sum(leak.is_same for leak in relations.leaks) >= len(Role):
            yield self.finding("every_stem", where_chapter(chapter), confidence=0.98)
            return
        roles = {stem.stem.role for stem in chapter.stems}
        for target in sorted(roles, key=list(Role).index):
            inside = _inside(relations, target)
            if len(inside) < 2 or set(inside) != roles - {target}:
                continue
            gains: dict[str, Value] = {f"{role.lower()}_db": leak.gain_db for role, leak in inside.items()}
            params = {"role": target.value, "others": " and ".join(sorted(inside)), **gains}
            confidence = min(leak.confidence for leak in inside.values())
            for stem in chapter.of_role(target):
                yield self.finding("one_stem", where_stem(stem, chapter), confidence=confidence, params=params)


def _inside(relations: Relations, target: Role) -> dict[Role, Leak]:
    """Return the roles that are in a stem at about their own level."""
    found = {}
    for leak in relations.leaks:
        if leak.target is target and leak.gain_db > _LOUD_DB:
            found[leak.source] = leak
        elif leak.is_same and leak.source is target:
            found[leak.target] = leak
    return found
