"""Which roles make which print: a table of zeros and ones, as the profile states it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stemkit.core.facts import NullFacts
from stemkit.core.film import MixSettings, Role
from stemkit.core.profile import PrintSpec
from stemkit.plan.ducking import DUCKED

UNDIPPED = "undipped"
"""Why a sum with music and effects as they are before ducking and limiter is not claimed."""


@dataclass(frozen=True, slots=True)
class PrintRow:
    """One print: its name and the roles that are added for it, in the order of `Role`.

    Parameters
    ----------
    is_undipped
        It holds its roles as they are before ducking and limiter, and adds up to nothing.
    """

    name: str
    roles: tuple[Role, ...]
    is_undipped: bool = False


@dataclass(frozen=True, slots=True)
class SumRule:
    """A sum that the prints must obey, sample by sample: ``sum`` equals the addition of ``of``."""

    sum: str
    of: tuple[str, ...]


def plan_routing(prints: Iterable[PrintSpec]) -> tuple[PrintRow, ...]:
    """Return the rows of the routing table in the profile's order."""
    return tuple(PrintRow(spec.name, tuple(role for role in Role if role in spec.roles)) for spec in prints)


def with_undipped(rows: Sequence[PrintRow], mix: MixSettings) -> tuple[PrintRow, ...]:
    """Return the rows in which music and effects stand apart, if that is asked for and makes a difference."""
    if mix.me == "follow" or not (mix.duck.depth_db or mix.limiter == "linked"):
        return tuple(rows)
    return tuple(replace(row, is_undipped=row.roles == DUCKED) for row in rows)


def roles_needed(rows: Sequence[PrintRow]) -> tuple[Role, ...]:
    """Return the roles that any print takes."""
    return tuple(role for role in Role if any(role in row.roles for row in rows))


def sum_rules(rows: Sequence[PrintRow]) -> tuple[SumRule, ...]:
    """Return what the prints must add up to, sample by sample; see `sums_apart` for the others.

    Every print of several roles is the sum of the prints of single roles, and, where two other
    prints divide its roles between them, of those two.

    Examples
    --------
    >>> rows = [PrintRow("FULL", (Role.VO, Role.SFX)), PrintRow("VO", (Role.VO,)), PrintRow("SFX", (Role.SFX,))]
    >>> sum_rules(rows)
    (SumRule(sum='FULL', of=('VO', 'SFX')),)
    """
    apart = {row.name for row in rows if row.is_undipped}
    return tuple(rule for rule in _all_sums(rows) if not apart & {rule.sum, *rule.of})


def sums_apart(rows: Sequence[PrintRow], samples: int) -> tuple[NullFacts, ...]:
    """Return the sums that do not hold because a print stands apart, as facts that nobody claims."""
    claimed = sum_rules(rows)
    return tuple(
        NullFacts(rule.sum, rule.of, None, None, samples, UNDIPPED) for rule in _all_sums(rows) if rule not in claimed
    )


def _all_sums(rows: Sequence[PrintRow]) -> tuple[SumRule, ...]:
    alone = {row.roles[0]: row.name for row in rows if len(row.roles) == 1}
    rules: list[SumRule] = []
    for row in rows:
        if len(row.roles) > 1:
            parts = tuple(alone[role] for role in row.roles if role in alone)
            if len(parts) == len(row.roles):
                rules.append(SumRule(row.name, parts))
            rules.extend(SumRule(row.name, pair) for pair in _pairs(row, rows) if pair != parts)
    return tuple(dict.fromkeys(rules))


def _pairs(row: PrintRow, rows: Sequence[PrintRow]) -> Iterable[tuple[str, str]]:
    for index, one in enumerate(rows):
        for other in rows[index + 1 :]:
            whole = set(one.roles) | set(other.roles)
            if whole == set(row.roles) and not set(one.roles) & set(other.roles):
                yield one.name, other.name


def print_of_all(rows: Sequence[PrintRow]) -> PrintRow | None:
    """Return the print with most roles (the full mix), `None` if there is no print."""
    return max(rows, key=lambda row: len(row.roles), default=None)


def as_table(rows: Sequence[PrintRow]) -> Mapping[str, tuple[str, ...]]:
    """Return the table as JSON data: name of the print to names of its roles."""
    return {row.name: tuple(role.value for role in row.roles) for row in rows}
