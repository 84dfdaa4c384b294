"""Makes the prints of a planned film: measure, choose the gain, write, open again, measure, prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stemkit.audio.writer import WriteFormat, needed_bytes
from stemkit.core.facts import FilmFacts, NullFacts, PrintFacts, StreamOf
from stemkit.core.files import OutputSet
from stemkit.core.film import Film
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import Bext
from stemkit.core.mix_facts import LevelFacts
from stemkit.core.names import safe_name
from stemkit.core.profile import Profile
from stemkit.plan.balance import BalancePlan, with_trims
from stemkit.plan.correlation import with_correlations
from stemkit.plan.routing import PrintRow, plan_routing, sum_rules
from stemkit.plan.timeline import Timeline
from stemkit.render.balancing import balance_film
from stemkit.render.buses import Work
from stemkit.render.overlap import measure_correlations
from stemkit.render.printing import write_prints
from stemkit.render.stem_file import StemFile, measured_file
from stemkit.render.verify import prove_sums
from stemkit.rules._base import Rule, Topic
from stemkit.rules._engine import RuleRun, all_rules, run_rules
from stemkit.workflows._mix_level import choose_level
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
    balance: BalancePlan | None = None

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


def balanced(film: Film, timeline: Timeline, profile: Profile, work: Work) -> tuple[Timeline, BalancePlan | None]:
    """Return the timeline with a trim for each chapter, and the plan, `None` where nobody asked for one."""
    mix = film.mix
    if mix.balance == "none" and not mix.trims_db:
        return timeline, None
    layout = LAYOUTS[profile.format.layout]
    plan = balance_film(timeline, layout, mix.balance, mix.max_trim_db, mix.trims_db, work)
    return with_trims(timeline, plan.by_chapter()), plan


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
    timeline, balance = balanced(film, timeline, profile, work("measuring the chapters"))
    level = choose_level(film.mix.limiter, timeline, rows, profile, work)
    paths = {row.name: output.temporary(names[row.name]) for row in rows}
    formats = {row.name: (paths[row.name], fmt, _bext(film, row, timeline.sample_rate_hz)) for row in rows}
    limiter = level.limiter if level.is_limited else None
    ceiling = limiter.ceiling_dbtp if limiter else None
    activity = write_prints(timeline, rows, formats, level.applied_gain_db, work("writing the prints"), ceiling)
    if limiter is not None:
        done = activity.result(limiter.ceiling_dbtp, limiter.readings_dbtp, limiter.passes)
        level = replace(level, limiter=done)
    told = pace.counter("measuring the prints", length * len(rows))
    measured = pace.each(list(paths.values()), lambda path: measured_file(path, fmt, told), told)
    files = dict(zip(paths, measured, strict=True))
    media = {name: file.media for name, file in files.items()}
    nulls = prove_sums(media, sum_rules(rows), work("proving the null"))
    return Printed(rows, names, files, level, nulls, timeline, balance)


def judge_prints(facts: FilmFacts) -> RuleRun:
    """Run the rules that look at prints; the others have looked at the deliveries."""
    outcome = run_rules(facts, [rule for rule in all_rules() if _is_about_prints(rule)])
    # Whether a waiver is used is known only where deliveries and prints are seen together.
    findings = tuple(finding for finding in outcome.findings if finding.code != _UNUSED_WAIVER)
    return RuleRun(findings, outcome.passed)


def _is_about_prints(rule: Rule) -> bool:
    return rule.topic is Topic.PRINT or any(need.of is StreamOf.PRINT for need in (*rule.needs, *rule.wants))


def _bext(film: Film, row: PrintRow, rate_hz: int) -> Bext:
    rate = film.frame_rate
    start = rate.samples_at(film.start_frame, rate_hz) if rate is not None else 0
    roles = " + ".join(role.value for role in row.roles)
    return Bext(description=f"{film.title}: {row.name} ({roles})", originator="stemkit", time_reference_samples=start)
