"""What of a film's stems a run is to conform, in the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from stemkit.core.as_written import hint_for
from stemkit.core.errors import Problem, UsageError
from stemkit.core.film import Film, Role
from stemkit.intake.folder import excerpt_of
from stemkit.plan.asked import STEP_KINDS, STEP_WORDS, Choice
from stemkit.plan.conform import ConformItem, ConformPlan, ItemStatus

LEFT_OUT = "left out by --only"
_ROLE_WORDS = {"DX": Role.VO, "FX": Role.SFX, "MX": Role.MUSIC}
_CHAPTERS = re.compile(r"(?:ch(?:apter)?[ _-]?)?(\d{1,4})(?:\s*(?:-|\.\.)\s*(\d{1,4}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Only:
    """The roles and chapters that a run is about; nothing named stands for all."""

    roles: frozenset[Role] = frozenset()
    chapters: frozenset[int] = frozenset()

    def takes(self, item: ConformItem) -> bool:
        """Tell whether an item is one of them."""
        return not self.roles or item.role in self.roles

    def in_hand(self, film: Film) -> Film:
        """Return the film with only those chapters in hand."""
        return excerpt_of(film, set(self.chapters)) if self.chapters else film

    def of_plan(self, plan: ConformPlan) -> ConformPlan:
        """Return the plan in which every other item is left out."""
        return ConformPlan(tuple(item if self.takes(item) else _left_out(item) for item in plan.items))


def _left_out(item: ConformItem) -> ConformItem:
    return replace(item, status=ItemStatus.SKIPPED, output=None, reason=LEFT_OUT, steps=(), waiting=())


def only_of(words: Iterable[str], film: Film) -> Only:
    """Understand ``VO``, ``7``, ``ch07``, ``3-9``, alone or with commas between.

    Raises
    ------
    UsageError
        If a word is no role, or names no chapter of the film.
    """
    roles: set[Role] = set()
    chapters: set[int] = set()
    known = [chapter.number for chapter in film.chapters]
    for word in _split(words):
        role = _ROLE_WORDS.get(word.upper()) or next((role for role in Role if role.value == word.upper()), None)
        match = _CHAPTERS.fullmatch(word)
        if role is not None:
            roles.add(role)
        elif match is not None:
            first, last = int(match[1]), int(match[2] or match[1])
            found = {number for number in known if first <= number <= last}
            if not found:
                hint = hint_for(str(first), map(str, known))
                raise UsageError(Problem("unknown_chapter", f"the film has no chapter {word}", hint, key="--only"))
            chapters |= found
        else:
            hint = f"name a role ({', '.join(Role)}) or a chapter's number"
            raise UsageError(Problem("wrong_value", f"{word!r} is no role and no chapter", hint, key="--only"))
    return Only(frozenset(roles), frozenset(chapters))


def choice_of(steps: Iterable[str], *, unsafe: bool) -> Choice:
    """Understand ``resample,depth``.

    Raises
    ------
    UsageError
        If a word is no kind of step.
    """
    kinds = set()
    for word in _split(steps):
        kind = STEP_WORDS.get(word.casefold(), word.casefold())
        if kind not in STEP_KINDS:
            hint = hint_for(word, [*STEP_WORDS, *STEP_KINDS])
            raise UsageError(Problem("wrong_value", f"{word!r} is no kind of step", hint, key="--steps"))
        kinds.add(kind)
    return Choice(unsafe, frozenset(kinds) or None)


def _split(words: Iterable[str]) -> list[str]:
    return [part.strip() for word in words for part in word.split(",") if part.strip()]
