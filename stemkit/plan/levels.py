"""The one gain of the film: how far it can go towards the profile's target without a limiter.

The gain is rounded to 0.1 dB, so that a small change in one chapter leaves the rest of the film as
it is, and it stays 0.02 dB under a limit, so that what is read from the written files stays under it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stemkit.core.facts import LevelFacts
from stemkit.core.profile import Profile

_STEPS_PER_DB = 10
MARGIN_DB = 0.02
"""So far under a limit, since what is written is rounded."""
_UNDER_FULL_SCALE = 1.0 - 2.0**-13  # room for the dither of a 16-bit print
FULL_SCALE_DBTP = -0.05
"""Where a limiter holds prints for which no true peak is demanded."""


@dataclass(frozen=True, slots=True)
class PrintLevel:
    """What one print measures before any gain.

    Parameters
    ----------
    max_amplitude
        Largest absolute sample, full scale 1.0.
    """

    name: str
    programme_lufs: float | None
    true_peak_dbtp: float | None
    true_peak_at_samples: int | None
    max_amplitude: float
    undefined: str | None = None


def plan_levels(prints: Sequence[PrintLevel], profile: Profile) -> LevelFacts:
    """Choose the programme trim.

    Parameters
    ----------
    prints
        Levels of every print at unity gain.
    profile
        What the prints are delivered by.
    """
    limit = profile.true_peak_limit("print")
    limit_dbtp = limit.max_dbtp if limit else None
    ceilings = [_ceiling(level, limit_dbtp) for level in prints]
    allowed, by, at = min(ceilings, key=lambda ceiling: ceiling[0], default=(math.inf, "", None))
    allowed_db = allowed if math.isfinite(allowed) else None
    rule = profile.loudness_rule("print")
    judged = next((level for level in prints if rule and level.name in rule.prints), None)
    measured = judged.programme_lufs if judged else None
    wanted = None if rule is None or measured is None else nearest_step(rule.target_lufs - measured)
    if wanted is not None and rule is not None and rule.ceiling_only:
        wanted = min(0.0, wanted)
    applied = min(0.0 if wanted is None else wanted, allowed)
    limited = allowed < (0.0 if wanted is None else wanted)
    return LevelFacts(
        target_lufs=rule.target_lufs if rule else None,
        wanted_gain_db=wanted,
        allowed_gain_db=allowed_db,
        applied_gain_db=applied + 0.0,
        limited_by=by if limited else None,
        reachable_lufs=None if measured is None else measured + applied,
        limiting_print=at.name if limited and at else None,
        limit_dbtp=limit_dbtp,
        peak_at_samples=at.true_peak_at_samples if limited and at else None,
        reason=_why_undefined(rule is not None, judged),
    )


def may_limit(level: PrintLevel, plan: LevelFacts, overshoot: float) -> bool:
    """Tell whether a print whose true peak is not known could pass the limit at the gain of a plan.

    Parameters
    ----------
    overshoot
        By how much a true peak can exceed the largest sample at most: the sum of the interpolator's
        absolute taps.
    """
    if plan.limit_dbtp is None or level.max_amplitude == 0.0:
        return False
    largest_dbtp = 20.0 * math.log10(level.max_amplitude * overshoot)
    return largest_dbtp + plan.applied_gain_db > plan.limit_dbtp - MARGIN_DB


def _ceiling(level: PrintLevel, limit_dbtp: float | None) -> tuple[float, str, PrintLevel]:
    """Return the largest gain that a print allows, what limits it, and the print."""
    gains = [(math.inf, "full_scale", level)]
    if level.max_amplitude > 0.0:
        room = 20.0 * math.log10(_UNDER_FULL_SCALE / level.max_amplitude)
        gains.append((step_below(room), "full_scale", level))
    if limit_dbtp is not None and level.true_peak_dbtp is not None:
        gains.append((step_below(limit_dbtp - MARGIN_DB - level.true_peak_dbtp), "true_peak", level))
    return min(gains, key=lambda ceiling: ceiling[0])


def nearest_step(gain_db: float) -> float:
    """Return the nearest tenth of a decibel."""
    return math.floor(gain_db * _STEPS_PER_DB + 0.5) / _STEPS_PER_DB


def step_below(gain_db: float) -> float:
    """Return the tenth of a decibel at or below."""
    return math.floor(gain_db * _STEPS_PER_DB) / _STEPS_PER_DB


def _why_undefined(has_rule: bool, judged: PrintLevel | None) -> str | None:
    if not has_rule:
        return "the profile states no programme loudness that holds for every print, so the film keeps its level"
    if judged is None:
        return "the print that the loudness rule is about is not made"
    return judged.undefined if judged.programme_lufs is None else None
