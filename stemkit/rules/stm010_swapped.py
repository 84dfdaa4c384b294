"""STM010: names and contents of stems are exchanged."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import permutations

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.likeness import Likeness
from stemkit.rules._base import ChapterRule, Supersedes, Topic, where_stem

_LEAST_MARGIN, _CERTAIN_MARGIN = 1.2, 2.8
_OWN, _OTHER = 0.35, 0.5
_FEWEST_WINDOWS = 4
_NEVER = 0.02


class Swapped(ChapterRule):
    """Stems sound like what their names say."""

    code = "STM010"
    name = "swapped"
    topic = Topic.CONTENT
    conditions = ("swapped",)
    wants = (Need(StreamOf.STEM, Likeness),)
    supersedes = (Supersedes(("STM011", "SIG010", "LUD006", "FLM003", "FMT005")),)

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield stems that would fit far better under each other's names."""
        stems = _one_of_each(chapter)
        chances = {role: chance for role, stem in stems.items() if (chance := _chances(stem)) is not None}
        if len(chances) < 2:
            return
        roles = tuple(chances)
        worth = {order: _worth(roles, order, chances) for order in permutations(roles)}
        best = max(worth, key=lambda order: worth[order])
        margin = worth[best] - worth[roles]
        moved = [(own, like) for own, like in zip(roles, best, strict=True) if own is not like]
        if margin < _LEAST_MARGIN or any(chances[own][like] < _OTHER for own, like in moved):
            return
        is_certain = margin >= _CERTAIN_MARGIN and all(chances[own][own] <= _OWN for own, _ in moved)
        for own, like in moved:
            yield self.finding(
                "swapped",
                where_stem(stems[own], chapter),
                severity=Severity.ERROR if is_certain else Severity.WARNING,
                confidence=round(min(0.98, 1.0 - math.exp(-margin)), 2),
                params={"role": own.value, "like": like.value, "like_percent": round(100 * chances[own][like])},
            )


def _one_of_each(chapter: ChapterFacts) -> dict[Role, StemFacts]:
    """Return the roles that have exactly one stem."""
    return {role: found[0] for role in Role if len(found := chapter.of_role(role)) == 1}


def _chances(stem: StemFacts) -> Mapping[Role, float] | None:
    like = stem.measured.get(Likeness)
    if like is None or like.voice is None or like.windows < _FEWEST_WINDOWS:
        return None
    return {Role.VO: like.voice, Role.SFX: like.effects or 0.0, Role.MUSIC: like.music or 0.0}


def _worth(roles: tuple[Role, ...], order: tuple[Role, ...], chances: Mapping[Role, Mapping[Role, float]]) -> float:
    return sum(math.log(chances[own][like] + _NEVER) for own, like in zip(roles, order, strict=True))
