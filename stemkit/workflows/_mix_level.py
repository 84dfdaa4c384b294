"""The level of a film: one gain, as far as the peaks allow it, or with the linked limiter all the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import LimiterChoice, Role
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.core.mix_facts import LevelFacts
from stemkit.core.profile import Profile
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.oversample import interpolator, oversampling_factor
from stemkit.meters import sample_peak, true_peak
from stemkit.meters._ledger import Ledger
from stemkit.plan.aim import Aim, choose_aim, loudness_of, value_of
from stemkit.plan.levels import FULL_SCALE_DBTP, MARGIN_DB, PrintLevel, may_limit, nearest_step, plan_levels, step_below
from stemkit.plan.routing import PrintRow, print_of_all
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.limited import Windows
from stemkit.render.limiting import Booth, Heard, Nearness
from stemkit.render.printing import scan_sums
from stemkit.render.true_peaks import true_peaks

_MOST_PASSES = 8
_CEILING_STEP_DB = 0.005
_LEAST_TAKEN, _FARTHEST_DB = 0.25, 4.0
_VOICE = PrintRow("the voice alone", (Role.VO,))

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
        largest = {name: float(curve.max(initial=0.0)) for name, curve in peaks.items()}
        self.levels |= {name: PrintLevel(name, None, None, value) for name, value in largest.items()}
        self.levels |= {name: _level(name, ledger) for name, ledger in ledgers.items()}


@dataclass(frozen=True, slots=True)
class _Studio:
    """What the film is measured with."""

    timeline: Timeline
    rows: tuple[PrintRow, ...]
    profile: Profile
    work: NewWork

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.profile.format.layout]

    @property
    def overshoot(self) -> float:
        """By how much a true peak can exceed the largest sample."""
        rate_hz = self.timeline.sample_rate_hz
        return float(np.abs(interpolator(oversampling_factor(rate_hz))).sum(axis=1).max())

    def voice(self) -> PrintRow | None:
        """Return the row that is the voice alone, printed or not; `None` where no rule asks what is spoken."""
        rules = [rule for rule in self.profile.loudness if rule.of == "print"]
        if not any(rule.quantity == "dialogue" or rule.applies_when is not None for rule in rules):
            return None
        return next((row for row in self.rows if row.roles == _VOICE.roles), _VOICE)

    def measure(self) -> tuple[_Measured, Aim]:
        """Meter in full what loudness rules are about and the mix, and take the peaks of the rest."""
        full, voice = print_of_all(self.rows), self.voice()
        metered = {name for rule in self.profile.loudness if rule.of == "print" for name in rule.prints}
        metered |= {row.name for row in (full, voice) if row is not None}
        rows = (*self.rows, _VOICE) if voice is _VOICE else self.rows
        measured = _Measured()
        measured.add(*scan_sums(self.timeline, rows, self.layout, self.work("measuring the mix"), metered))
        heard = measured.ledgers.get(voice.name) if voice else None
        loud = [
            loudness_of(row.name, measured.ledgers[row.name], heard if row is full else None)
            for row in sorted(self.rows, key=lambda row: row is not full)
            if row.name in measured.ledgers
        ]
        if voice is _VOICE:
            del measured.levels[_VOICE.name], measured.peaks[_VOICE.name]
        return measured, choose_aim(loud, self.profile)

    def planned(self, measured: _Measured, aim: Aim) -> LevelFacts:
        """Plan the gain; meter in full those prints whose largest samples leave it open whether they allow it."""
        plan = plan_levels(list(measured.levels.values()), aim, self.profile)
        doubtful = [
            row
            for row in self.rows
            if row.name not in measured.ledgers and may_limit(measured.levels[row.name], plan, self.overshoot)
        ]
        if not doubtful:
            return plan
        measured.add(*scan_sums(self.timeline, doubtful, self.layout, self.work("measuring peaks")))
        return plan_levels([measured.levels[row.name] for row in self.rows], aim, self.profile)

    def booth(self, measured: _Measured, aim: Aim) -> Booth:
        """Return what the limiter is listened to with."""
        judged = next((row for row in self.rows if aim.rule and row.name == aim.print), None)
        plain = measured.ledgers.get(judged.name) if judged else None
        voice = self.voice()
        speaking = measured.ledgers.get(voice.name) if voice else None

        def loudness_at(mix: Ledger, gain_db: float) -> float | None:
            if aim.rule is None:
                return None
            power = amplitude_from_db(gain_db) ** 2
            loud = None if speaking is None else replace(speaking, cells=speaking.cells * power)
            return value_of(loudness_of("", mix, loud), aim.rule)

        def seek(wanted: NDArray[np.bool_], least: float) -> NDArray[np.float64]:
            return true_peaks(
                self.timeline, self.rows, self.layout.count, wanted, least, self.work("looking for peaks")
            )

        work = self.work("listening to the limiter")
        near = Nearness(measured.peaks, self.overshoot, seek)
        return Booth(self.timeline, self.rows, self.layout, judged, plain, work, loudness_at, near)


def choose_level(
    limiter: LimiterChoice, timeline: Timeline, rows: Sequence[PrintRow], profile: Profile, work: NewWork
) -> tuple[LevelFacts, Windows | None]:
    """Measure the sums at unity gain and choose the gain, and with it what the limiter is set to.

    Returns
    -------
    tuple
        With the limiter at work if it is asked for and a peak stands in the way; without, with what it would
        have to do. And in which windows of 100 ms it is at work, `None` where there is none.
    """
    studio = _Studio(timeline, tuple(rows), profile, work)
    measured, aim = studio.measure()
    is_linked = limiter == "linked"
    plan = plan_levels(list(measured.levels.values()), aim, profile) if is_linked else studio.planned(measured, aim)
    if plan.limited_by is None and not is_linked:
        return plan, None
    booth = studio.booth(measured, aim)
    wanted = 0.0 if plan.wanted_gain_db is None else plan.wanted_gain_db
    limit = FULL_SCALE_DBTP if plan.limit_dbtp is None else plan.limit_dbtp
    if not is_linked:
        return replace(plan, limiter=booth.listen(wanted, limit - MARGIN_DB).facts), None
    may_rise = aim.rule is not None and not aim.rule.ceiling_only and aim.room_db is None
    return _settled(booth, plan, aim, wanted, limit, may_rise=may_rise)


def _settled(
    booth: Booth,
    plan: LevelFacts,
    aim: Aim,
    gain_db: float,
    limit_dbtp: float,
    *,
    may_rise: bool,
) -> tuple[LevelFacts, Windows]:
    """Listen to the limited film until it is on target and under the limit."""
    ceiling, kept, least_missed = limit_dbtp - MARGIN_DB, None, math.inf
    tried: dict[float, float] = {}
    for passes in range(1, _MOST_PASSES + 1):
        heard = booth.listen(gain_db, ceiling, passes)
        excess = 0.0 if heard.true_peak_dbtp is None else heard.true_peak_dbtp - (limit_dbtp - MARGIN_DB / 2.0)
        missed = _missed(plan, heard) if may_rise else min(0.0, _missed(plan, heard))
        if excess > 0.0:
            ceiling -= excess + _CEILING_STEP_DB
            tried.clear()
        elif abs(missed) < least_missed:
            kept, least_missed = (gain_db, heard), abs(missed)
        tried[gain_db] = missed
        following = next_gain(tried, gain_db)
        if excess <= 0.0 and (nearest_step(missed) == 0.0 or following in tried):
            break
        gain_db = following
    gain_db, heard = kept or (gain_db, heard)
    allowed, reached = gain_db - heard.facts.deepest_db, heard.lufs
    measured = aim.measured_lufs
    facts = replace(
        plan,
        allowed_gain_db=plan.allowed_gain_db if not heard.facts.count else step_below(allowed),
        applied_gain_db=gain_db + 0.0,
        limited_by=None,
        limiting_print=None,
        peak_at_samples=None,
        reachable_lufs=reached,
        limiter=heard.facts,
        is_limited=True,
        missed=None if measured is None or reached is None else aim.missed_at(reached - measured),
    )
    return facts, heard.at_work


def next_gain(tried: Mapping[float, float], gain_db: float) -> float:
    """Return what gain to listen to next: a limiter takes a part of each dB, and more of it the harder it works.

    Parameters
    ----------
    tried
        By how much each gain, in the order in which they were tried, missed the target; positive is too soft.
    gain_db
        The last one.
    """
    missed = tried[gain_db]
    soft = max((gain for gain, each in tried.items() if each > 0.0), default=None)
    loud = min((gain for gain, each in tried.items() if each < 0.0), default=None)
    if soft is not None and loud is not None:
        return nearest_step(soft + (loud - soft) * tried[soft] / (tried[soft] - tried[loud]))
    taken = 1.0
    if earlier := [gain for gain in tried if gain != gain_db]:
        taken = max(_LEAST_TAKEN, (tried[earlier[-1]] - missed) / (gain_db - earlier[-1]))
    return nearest_step(gain_db + max(-_FARTHEST_DB, min(_FARTHEST_DB, missed / taken)))


def _missed(plan: LevelFacts, heard: Heard) -> float:
    """Return by how much the limited film misses its target, 0 where there is none."""
    if plan.target_lufs is None or heard.lufs is None:
        return 0.0
    return plan.target_lufs - heard.lufs


def _level(name: str, ledger: Ledger) -> PrintLevel:
    peak = true_peak.read(ledger)
    return PrintLevel(name, peak.max_dbtp, peak.at_samples, sample_peak.read(ledger).max_amplitude)
