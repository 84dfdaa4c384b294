"""Which roles make which print: a table of zeros and ones, as the profile states it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stemkit.core.film import Role
from stemkit.core.profile import PrintSpec


@dataclass(frozen=True, slots=True)
class PrintRow:
    """One print: its name and the roles that are added for it, in the order of `Role`."""

    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class SumRule:
    """A sum that the prints must obey, sample by sample: ``sum`` equals the addition of ``of``."""

    sum: str
    of: tuple[str, ...]


def plan_routing(prints: Iterable[PrintSpec]) -> tuple[PrintRow, ...]:
    """Return the rows of the routing table in the profile's order."""
    return tuple(PrintRow(spec.name, tuple(role for role in Role if role in spec.roles)) for spec in prints)


def roles_needed(rows: Sequence[PrintRow]) -> tuple[Role, ...]:
    """Return the roles that any print takes."""
    return tuple(role for role in Role if any(role in row.roles for row in rows))


def sum_rules(rows: Sequence[PrintRow]) -> tuple[SumRule, ...]:
    """Return what the prints must add up to.

    Every print of several roles is the sum of the prints of single roles, and, where two other
    prints divide its roles between them, of those two.

    Examples
    --------
    >>> rows = [PrintRow("FULL", (Role.VO, Role.SFX)), PrintRow("VO", (Role.VO,)), PrintRow("SFX", (Role.SFX,))]
    >>> sum_rules(rows)
    (SumRule(sum='FULL', of=('VO', 'SFX')),)
    """
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
