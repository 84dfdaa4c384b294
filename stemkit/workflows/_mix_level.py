"""The level of a film: one gain, as far as the peaks allow it, or with the linked limiter all the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from stemkit.core.facts import LevelFacts
from stemkit.core.film import Film
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.core.profile import Profile
from stemkit.dsp.oversample import interpolator, oversampling_factor
from stemkit.meters import loudness, sample_peak, true_peak
from stemkit.meters._ledger import Ledger
from stemkit.plan.levels import FULL_SCALE_DBTP, MARGIN_DB, PrintLevel, may_limit, nearest_step, plan_levels, step_below
from stemkit.plan.routing import PrintRow, print_of_all
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.limiting import Booth, Heard, candidates
from stemkit.render.printing import scan_sums

_MOST_PASSES = 8
_CEILING_STEP_DB = 0.005

NewWork = Callable[[str], Work]


@dataclass(slots=True)
class _Measured:
    """The prints at unity gain, as far as they were measured."""

    levels: dict[str, PrintLevel] = field(default_factory=dict)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    peaks: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, ledgers: Mapping[str, Ledger], peaks: Mapping[str, NDArray[np.float64]]) -> None:
        self.ledgers |= ledgers
        self.peaks |= peaks
        self.peaks |= {name: ledger.peak.max(axis=1, initial=0.0) for name, ledger in ledgers.items()}
        self.levels |= {
            name: PrintLevel(name, None, None, None, float(curve.max(initial=0.0))) for name, curve in peaks.items()
        }
        self.levels |= {name: _level(name, ledger) for name, ledger in ledgers.items()}


def choose_level(
    film: Film, timeline: Timeline, rows: Sequence[PrintRow], profile: Profile, work: NewWork
) -> LevelFacts:
    """Measure the sums at unity gain and choose the gain, and with it what the limiter is set to.

    Returns
    -------
    LevelFacts
        With the limiter at work if the film file asks for it and a peak stands in the way; without, with what
        it would have to do.
    """
    layout = LAYOUTS[profile.format.layout]
    rule, full = profile.loudness_rule("print"), print_of_all(rows)
    judged = {*(rule.prints if rule else ()), *([full.name] if full else ())}
    measured = _Measured()
    measured.add(*scan_sums(timeline, rows, layout, work("measuring the mix"), judged))
    overshoot = _largest_overshoot(timeline.sample_rate_hz)
    is_linked = film.mix.limiter == "linked"
    plan = plan_levels(list(measured.levels.values()), profile)
    if not is_linked:
        plan = _with_doubtful(measured, plan, timeline, rows, profile, layout, work, overshoot)
    if plan.limited_by is None and not is_linked:
        return plan
    print_rule = next((row for row in rows if rule and row.name in rule.prints), None)
    plain = measured.ledgers.get(print_rule.name) if print_rule else None
    booth = Booth(timeline, rows, layout, print_rule, plain, work("listening to the limiter"))
    wanted = 0.0 if plan.wanted_gain_db is None else plan.wanted_gain_db
    limit = FULL_SCALE_DBTP if plan.limit_dbtp is None else plan.limit_dbtp
    near = candidates(measured.peaks, wanted, limit - MARGIN_DB, overshoot)
    if not is_linked:
        return replace(plan, limiter=booth.listen(wanted, limit - MARGIN_DB, near).facts)
    return _settled(booth, plan, wanted, limit, near, may_rise=rule is not None and not rule.ceiling_only)


def _with_doubtful(
    measured: _Measured,
    plan: LevelFacts,
    timeline: Timeline,
    rows: Sequence[PrintRow],
    profile: Profile,
    layout: Layout,
    work: NewWork,
    overshoot: float,
) -> LevelFacts:
    """Meter those prints in full whose largest samples leave it open whether they stay under the limit."""
    doubtful = [
        row
        for row in rows
        if row.name not in measured.ledgers and may_limit(measured.levels[row.name], plan, overshoot)
    ]
    if not doubtful:
        return plan
    measured.add(*scan_sums(timeline, doubtful, layout, work("measuring peaks")))
    return plan_levels([measured.levels[row.name] for row in rows], profile)


def _settled(
    booth: Booth, plan: LevelFacts, gain_db: float, limit_dbtp: float, near: NDArray[np.bool_], *, may_rise: bool
) -> LevelFacts:
    """Listen to the limited film until it is on target and under the limit."""
    ceiling, kept, least_missed = limit_dbtp - MARGIN_DB, None, math.inf
    heard = booth.listen(gain_db, ceiling, near)
    for passes in range(2, _MOST_PASSES + 1):
        excess = 0.0 if heard.true_peak_dbtp is None else heard.true_peak_dbtp - (limit_dbtp - MARGIN_DB / 2.0)
        missed = _missed(plan, heard) if may_rise else min(0.0, _missed(plan, heard))
        if excess <= 0.0:
            if abs(missed) >= least_missed:
                break
            kept, least_missed = (gain_db, heard), abs(missed)
            if nearest_step(missed) == 0.0:
                break
        gain_db = nearest_step(gain_db + nearest_step(missed))
        ceiling -= max(0.0, excess + _CEILING_STEP_DB) if excess > 0.0 else 0.0
        heard = booth.listen(gain_db, ceiling, near, passes)
    gain_db, heard = kept or (gain_db, heard)
    allowed = gain_db - heard.facts.deepest_db
    return replace(
        plan,
        allowed_gain_db=plan.allowed_gain_db if not heard.facts.count else step_below(allowed),
        applied_gain_db=gain_db + 0.0,
        limited_by=None,
        limiting_print=None,
        peak_at_samples=None,
        reachable_lufs=heard.programme_lufs,
        limiter=heard.facts,
        is_limited=True,
    )


def _missed(plan: LevelFacts, heard: Heard) -> float:
    """Return by how much the limited film misses its target, 0 where there is none."""
    if plan.target_lufs is None or heard.programme_lufs is None:
        return 0.0
    return plan.target_lufs - heard.programme_lufs


def _largest_overshoot(rate_hz: int) -> float:
    return float(np.abs(interpolator(oversampling_factor(rate_hz))).sum(axis=1).max())


def _level(name: str, ledger: Ledger) -> PrintLevel:
    heard, peak = loudness.read(ledger), true_peak.read(ledger)
    return PrintLevel(
        name,
        heard.programme_lufs,
        peak.max_dbtp,
        peak.at_samples,
        sample_peak.read(ledger).max_amplitude,
        heard.undefined.get("programme_lufs"),
    )
