"""What conforming looks for: what it can repair, and what headers and levels tell; a plan listens to everything."""

from __future__ import annotations

from collections.abc import Iterable

from stemkit.core.facts import Need, StreamOf
from stemkit.meters._listening import listening_modules, low_band_readings
from stemkit.meters.reference import ReferenceFit
from stemkit.meters.sample_peak import SamplePeak
from stemkit.meters.true_peak import TruePeak
from stemkit.rules._base import Rule
from stemkit.rules._engine import needs_of

_ALWAYS = frozenset(
    {
        Need(StreamOf.STEM, SamplePeak),
        Need(StreamOf.STEM, TruePeak),
        # How a converted stem is stored depends on it, whichever rules were selected.
        Need(StreamOf.CONFORMED, SamplePeak),
    }
)


def rules_of_plan(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that decide what is done: none of them needs long listening."""
    return tuple(rule for rule in about_stems(rules) if not any(map(_is_long, (*rule.needs, *rule.wants))))


def about_stems(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that conforming can answer: what a chapter's sum is like is the mix's affair."""
    return tuple(rule for rule in rules if all(need.of is not StreamOf.CHAPTER_SUM for need in rule.needs))


def needs_of_plan(rules: Iterable[Rule]) -> frozenset[Need]:
    """Return what is measured for some rules: their readings of stems, no sum, of converted stems the peak."""
    others = (StreamOf.CHAPTER_SUM, StreamOf.CONFORMED, StreamOf.PRINT)
    return frozenset(need for need in needs_of(rules) if need.of not in others) | _ALWAYS


def _is_long(need: Need) -> bool:
    """Tell whether a need takes the whole content scan."""
    if need.of in (StreamOf.ROLES, StreamOf.FILM):
        return need.what is not ReferenceFit
    return need.what in listening_modules().keys() - low_band_readings()
