"""Makes the prints of a planned film: measure, choose the gain, write, open again, measure, prove."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stemkit.audio.writer import WriteFormat, needed_bytes
from stemkit.core.facts import FilmFacts, LevelFacts, NullFacts, PrintFacts, StreamOf
from stemkit.core.files import OutputSet
from stemkit.core.film import Film
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import Bext
from stemkit.core.names import safe_name
from stemkit.core.profile import Profile
from stemkit.dsp.oversample import interpolator, oversampling_factor
from stemkit.meters import loudness, sample_peak, true_peak
from stemkit.meters._ledger import Ledger
from stemkit.plan.correlation import with_correlations
from stemkit.plan.levels import PrintLevel, may_limit, plan_levels
from stemkit.plan.routing import PrintRow, plan_routing, print_of_all, sum_rules
from stemkit.plan.timeline import Timeline
from stemkit.render.overlap import measure_correlations
from stemkit.render.printing import Work, scan_sums, write_prints
from stemkit.render.stem_file import StemFile, measured_file
from stemkit.render.verify import prove_sums
from stemkit.rules._base import Rule, Topic
from stemkit.rules._engine import RuleRun, all_rules, run_rules
from stemkit.workflows._mix_pace import Pace
from stemkit.workflows._print_readings import readings_of

_UNUSED_WAIVER = "ENG002"


@dataclass(frozen=True, slots=True)
class Printed:
    """What was rendered, as it lies on the disk under temporary names."""

    rows: tuple[PrintRow, ...]
    names: Mapping[str, str]
    files: Mapping[str, StemFile]
    level: LevelFacts
    nulls: tuple[NullFacts, ...]
    timeline: Timeline

    def facts(self, film: Film, profile: Profile) -> FilmFacts:
        """Return what the rules about prints may see."""
        measured = readings_of(self.rows, self.files, profile)
        prints = tuple(
            PrintFacts(row.name, frozenset(row.roles), file.media, measured[row.name], file.sha256)
            for row in self.rows
            for file in [self.files[row.name]]
        )
        return FilmFacts(film, profile, (), prints, self.nulls, self.level, self.timeline.joins)


def print_name(film: Film, row: PrintRow) -> str:
    """Return the file name of a print."""
    return f"{safe_name(film.title)}_{safe_name(row.name)}.wav"


def print_format(profile: Profile, length_samples: int) -> WriteFormat:
    """Return the form in which the prints of a profile are written."""
    form = profile.format
    subtype = "PCM_16" if form.bit_depth_bits == 16 else "PCM_24"
    return WriteFormat(form.sample_rate_hz, subtype, LAYOUTS[form.layout], length_samples)  # type: ignore[arg-type]


def space_needed(timeline: Timeline, profile: Profile) -> int:
    """Return the size of all prints together."""
    fmt = print_format(profile, timeline.length_samples)
    return len(profile.prints) * needed_bytes(fmt, Bext())


def make_prints(film: Film, timeline: Timeline, profile: Profile, output: OutputSet, pace: Pace) -> Printed:
    """Render a film into the temporary files of an output set, and prove what was written.

    Parameters
    ----------
    profile
        What the prints are delivered by.
    """
    rows, length = plan_routing(profile.prints), timeline.length_samples
    fmt = print_format(profile, length)
    names = {row.name: print_name(film, row) for row in rows}

    def work(task: str) -> Work:
        return Work(pace.jobs, on_samples=pace.counter(task, length))

    timeline = with_correlations(timeline, measure_correlations(timeline, fmt.layout.count))
    level = _choose_gain(timeline, rows, profile, work)
    paths = {row.name: output.temporary(names[row.name]) for row in rows}
    formats = {row.name: (paths[row.name], fmt, _bext(film, row, timeline.sample_rate_hz)) for row in rows}
    write_prints(timeline, rows, formats, level.applied_gain_db, work("writing the prints"))
    told = pace.counter("measuring the prints", length * len(rows))
    measured = pace.each(list(paths.values()), lambda path: measured_file(path, fmt, told), told)
    files = dict(zip(paths, measured, strict=True))
    media = {name: file.media for name, file in files.items()}
    nulls = prove_sums(media, sum_rules(rows), work("proving the null"))
    return Printed(rows, names, files, level, nulls, timeline)


def _choose_gain(
    timeline: Timeline, rows: Sequence[PrintRow], profile: Profile, work: Callable[[str], Work]
) -> LevelFacts:
    """Measure the sums and plan the gain; a print whose largest sample leaves room is not metered in full."""
    layout = LAYOUTS[profile.format.layout]
    rule, full = profile.loudness_rule("print"), print_of_all(rows)
    judged = {*(rule.prints if rule else ()), *([full.name] if full else ())}
    ledgers, peaks = scan_sums(timeline, rows, layout, work("measuring the mix"), judged)
    levels = {name: PrintLevel(name, None, None, None, peak) for name, peak in peaks.items()}
    levels |= {name: _level(name, ledger) for name, ledger in ledgers.items()}
    plan = plan_levels(list(levels.values()), profile)
    overshoot = _largest_overshoot(timeline.sample_rate_hz)
    doubtful = [row for row in rows if row.name in peaks and may_limit(levels[row.name], plan, overshoot)]
    if doubtful:
        more, _ = scan_sums(timeline, doubtful, layout, work("measuring peaks"))
        levels |= {name: _level(name, ledger) for name, ledger in more.items()}
        plan = plan_levels([levels[row.name] for row in rows], profile)
    return plan


def _largest_overshoot(rate_hz: int) -> float:
    return float(np.abs(interpolator(oversampling_factor(rate_hz))).sum(axis=1).max())


def judge_prints(facts: FilmFacts) -> RuleRun:
    """Run the rules that look at prints; the others have looked at the deliveries."""
    outcome = run_rules(facts, [rule for rule in all_rules() if _is_about_prints(rule)])
    # Whether a waiver is used is known only where deliveries and prints are seen together.
    findings = tuple(finding for finding in outcome.findings if finding.code != _UNUSED_WAIVER)
    return RuleRun(findings, outcome.passed)


def _is_about_prints(rule: Rule) -> bool:
    return rule.topic is Topic.PRINT or any(need.of is StreamOf.PRINT for need in (*rule.needs, *rule.wants))


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


def _bext(film: Film, row: PrintRow, rate_hz: int) -> Bext:
    rate = film.frame_rate
    start = rate.samples_at(film.start_frame, rate_hz) if rate is not None else 0
    roles = " + ".join(role.value for role in row.roles)
    return Bext(description=f"{film.title}: {row.name} ({roles})", originator="stemkit", time_reference_samples=start)
