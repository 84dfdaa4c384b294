"""The one gain of the film: how far it can go towards the profile's target without a limiter.

The gain is rounded to 0.1 dB, so that a small change in one chapter leaves the rest of the film as
it is, and it stays 0.02 dB under a limit, so that what is read from the written files stays under it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stemkit.core.mix_facts import LevelFacts
from stemkit.core.profile import Profile
from stemkit.plan.aim import Aim

_STEPS_PER_DB = 10
MARGIN_DB = 0.02
"""So far under a limit, since what is written is rounded."""
_UNDER_FULL_SCALE = 1.0 - 2.0**-13  # room for the dither of a 16-bit print
FULL_SCALE_DBTP = -0.05
"""Where a limiter holds prints for which no true peak is demanded."""


@dataclass(frozen=True, slots=True)
class PrintLevel:
    """What the peaks of one print are before any gain.

    Parameters
    ----------
    max_amplitude
        Largest absolute sample, full scale 1.0.
    has_limit
        Whether its true peak binds the film; of a print that is no part of the mix only full scale does.
    """

    name: str
    true_peak_dbtp: float | None
    true_peak_at_samples: int | None
    max_amplitude: float
    has_limit: bool = True


def plan_levels(prints: Sequence[PrintLevel], aim: Aim, profile: Profile) -> LevelFacts:
    """Choose the programme trim.

    Parameters
    ----------
    prints
        Peaks of every print at unity gain.
    aim
        What the film is brought to.
    profile
        What the prints are delivered by.
    """
    limit = profile.true_peak_limit("print")
    limit_dbtp = limit.max_dbtp if limit else None
    ceilings = [_ceiling(level, limit_dbtp) for level in prints]
    allowed, by, at = min(ceilings, key=lambda ceiling: ceiling[0], default=(math.inf, "", None))
    wanted = _wanted(aim)
    applied = min(0.0 if wanted is None else wanted, allowed)
    limited = allowed < (0.0 if wanted is None else wanted)
    reached = None if aim.measured_lufs is None else aim.measured_lufs + applied
    rule = aim.rule
    return LevelFacts(
        target_lufs=rule.target_lufs if rule else None,
        wanted_gain_db=wanted,
        allowed_gain_db=allowed if math.isfinite(allowed) else None,
        applied_gain_db=applied + 0.0,
        limited_by=by if limited else None,
        reachable_lufs=reached,
        limiting_print=at.name if limited and at else None,
        limit_dbtp=limit_dbtp,
        peak_at_samples=at.true_peak_at_samples if limited and at else None,
        reason=aim.reason,
        quantity=rule.quantity if rule else None,
        gating=rule.gating if rule else None,
        measured_lufs=aim.measured_lufs,
        speech_share=aim.speech_share,
        missed=aim.missed_at(applied),
    )


def _wanted(aim: Aim) -> float | None:
    if aim.rule is None or aim.measured_lufs is None:
        return None
    wanted = nearest_step(aim.rule.target_lufs - aim.measured_lufs)
    if aim.rule.ceiling_only:
        wanted = min(0.0, wanted)
    return wanted if aim.room_db is None else min(wanted, step_below(aim.room_db))


def may_limit(level: PrintLevel, plan: LevelFacts, overshoot: float) -> bool:
    """Tell whether a print whose true peak is not known could pass the limit at the gain of a plan.

    Parameters
    ----------
    overshoot
        By how much a true peak can exceed the largest sample at most: the sum of the interpolator's
        absolute taps.
    """
    if plan.limit_dbtp is None or level.max_amplitude == 0.0 or not level.has_limit:
        return False
    largest_dbtp = 20.0 * math.log10(level.max_amplitude * overshoot)
    return largest_dbtp + plan.applied_gain_db > plan.limit_dbtp - MARGIN_DB


def _ceiling(level: PrintLevel, limit_dbtp: float | None) -> tuple[float, str, PrintLevel]:
    """Return the largest gain that a print allows, what limits it, and the print."""
    gains = [(math.inf, "full_scale", level)]
    if level.max_amplitude > 0.0:
        room = 20.0 * math.log10(_UNDER_FULL_SCALE / level.max_amplitude)
        gains.append((step_below(room), "full_scale", level))
    if limit_dbtp is not None and level.true_peak_dbtp is not None and level.has_limit:
        gains.append((step_below(limit_dbtp - MARGIN_DB - level.true_peak_dbtp), "true_peak", level))
    return min(gains, key=lambda ceiling: ceiling[0])


def nearest_step(gain_db: float) -> float:
    """Return the nearest tenth of a decibel."""
    return math.floor(gain_db * _STEPS_PER_DB + 0.5) / _STEPS_PER_DB


def step_below(gain_db: float) -> float:
    """Return the tenth of a decibel at or below."""
    return math.floor(gain_db * _STEPS_PER_DB) / _STEPS_PER_DB
