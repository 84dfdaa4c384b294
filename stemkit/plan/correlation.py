"""What is learnt about the joins before they are rendered: how alike their two sides are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from stemkit.core.film import Role
from stemkit.core.mix_facts import JoinFacts
from stemkit.plan.timeline import Fade, Placement, Timeline


def with_correlations(timeline: Timeline, found: Mapping[tuple[int, Role], float | None]) -> Timeline:
    """Return a timeline whose ``auto`` joins know how alike their two sides are.

    Parameters
    ----------
    found
        Chapter before the cut and role to correlation; `None` where too little is heard to tell: equal
        power then.
    """
    joins = {(join.after, join.role): _informed(join, found) for join in timeline.joins}
    order = list(timeline.chapters)
    before = {number: previous for previous, number in pairwise(order)}
    lines = {
        role: tuple(tuple(_informed_placement(each, joins, before) for each in line) for line in lines)
        for role, lines in timeline.lines.items()
    }
    return replace(timeline, lines=lines, joins=tuple(joins.values()))


def _informed(join: JoinFacts, found: Mapping[tuple[int, Role], float | None]) -> JoinFacts:
    if join.law != "auto" or not join.before_samples + join.after_samples:
        return join
    correlation = found.get((join.after, join.role))
    return replace(join, law="equal-power" if correlation is None else "auto", correlation=correlation)


def _informed_placement(
    placement: Placement, joins: Mapping[tuple[int, Role], JoinFacts], before: Mapping[int, int]
) -> Placement:
    def informed(fade: Fade | None, after: int | None) -> Fade | None:
        if fade is None or after is None:
            return fade
        join = joins[after, placement.role]
        return replace(fade, law=join.law, correlation=join.correlation or 0.0)

    return replace(
        placement,
        fade_in=informed(placement.fade_in, before.get(placement.chapter)),
        fade_out=informed(placement.fade_out, placement.chapter),
    )
