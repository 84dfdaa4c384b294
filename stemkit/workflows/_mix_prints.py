"""Makes the prints of a planned film: measure, choose the gain, write, open again, measure, prove."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stemkit.core.facts import FilmFacts, NullFacts, PrintFacts, StreamOf
from stemkit.core.files import OutputSet
from stemkit.core.film import Film
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.core.media import MediaInfo
from stemkit.core.mix_facts import LevelFacts
from stemkit.core.profile import Profile
from stemkit.core.timebase import Span
from stemkit.plan.balance import BalancePlan, with_trims
from stemkit.plan.correlation import with_correlations
from stemkit.plan.deliverables import Form, plan_form
from stemkit.plan.routing import PrintRow, plan_routing, sum_rules, sums_apart, with_undipped
from stemkit.plan.timeline import Timeline
from stemkit.render.apart import write_apart
from stemkit.render.balancing import balance_film
from stemkit.render.buses import Work
from stemkit.render.composed import prove_files
from stemkit.render.ducking import duck_film
from stemkit.render.memory import PrintParts
from stemkit.render.overlap import measure_correlations
from stemkit.render.print_files import PrintTarget, WrittenFile
from stemkit.render.printing import scan_sums, write_prints
from stemkit.render.stem_file import StemFile, measured_file
from stemkit.render.verify import prove_sums
from stemkit.rules._base import Rule, Topic
from stemkit.rules._engine import RuleRun, all_rules, run_rules
from stemkit.workflows._mix_files import Part, parts_of, targets_for
from stemkit.workflows._mix_level import choose_level
from stemkit.workflows._mix_pace import Pace
from stemkit.workflows._mix_reuse import Rendering, Reuse
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
    rendering: Rendering
    balance: BalancePlan | None = None
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    sounds: Mapping[str, tuple[WrittenFile, ...]] = field(default_factory=dict)
    reels: tuple[tuple[NullFacts, ...], ...] = ()
    me_gain_db: float = 0.0

    @property
    def all_parts(self) -> list[Part]:
        """All files, print by print."""
        return [part for parts in self.parts.values() for part in parts]

    def facts(self, film: Film, profile: Profile) -> FilmFacts:
        """Return what the rules about prints may see."""
        measured = readings_of(self.rows, self.files, self.sounds, profile)
        mute = {spec.name for spec in profile.prints if not spec.leader_tone}
        leader, rate_hz = self.all_parts[0].form.leader, self.timeline.sample_rate_hz
        prints = tuple(
            PrintFacts(
                row.name,
                frozenset(row.roles),
                file.media,
                measured[row.name],
                file.sha256,
                has_pop=leader.has_pop(rate_hz) and row.name not in mute,
                has_leader=leader.head_samples > 0,
            )
            for row in self.rows
            for file in [self.files[row.name]]
        )
        return FilmFacts(film, profile, (), prints, self.nulls, self.level, self.timeline.joins)


def balanced(film: Film, timeline: Timeline, profile: Profile, work: Work) -> tuple[Timeline, BalancePlan | None]:
    """Return the timeline with a trim for each chapter, and the plan, `None` where nobody asked for one."""
    mix = film.mix
    if mix.balance == "none" and not mix.trims_db:
        return timeline, None
    layout = LAYOUTS[profile.format.layout]
    plan = balance_film(timeline, layout, mix.balance, mix.max_trim_db, mix.trims_db, work)
    return with_trims(timeline, plan.by_chapter()), plan


def learnt(timeline: Timeline, channels: int, work: Work) -> Timeline:
    """Return the timeline with all that must be heard before it can be rendered."""
    return with_correlations(timeline, measure_correlations(timeline, channels, work))


def ducked(film: Film, timeline: Timeline, layout: Layout, work: Work) -> Timeline:
    """Return the timeline with the gain of music and effects under the voice, where that is asked for."""
    return replace(timeline, duck=duck_film(timeline, layout, film.mix.duck, work))


def largest_sample(timeline: Timeline, rows: Sequence[PrintRow], layout: Layout, span: Span, work: Work) -> float:
    """Return the largest absolute sample that any print has in a stretch of the film, at unity gain."""
    _, curves = scan_sums(timeline, rows, layout, work, (), span)
    return max((float(curve.max(initial=0.0)) for curve in curves.values()), default=0.0)


def make_prints(
    film: Film, timeline: Timeline, profile: Profile, output: OutputSet, pace: Pace, reuse: Reuse
) -> Printed:
    """Render a film into the temporary files of an output set, and prove what was written.

    Parameters
    ----------
    profile
        What the prints are delivered by.
    reuse
        What earlier runs left to be used again.
    """
    rows, length = with_undipped(plan_routing(profile.prints), film.mix), timeline.length_samples
    mixed = tuple(row for row in rows if not row.is_undipped)
    form = plan_form(film, timeline, profile)

    def work(task: str) -> Work:
        return Work(pace.jobs, on_samples=pace.counter(task, length), memory=reuse.memory, ready=reuse.ready)

    timeline = learnt(timeline, form.layout.count, work("listening to the joins"))
    timeline, balance = balanced(film, timeline, profile, work("measuring the chapters"))
    timeline = ducked(film, timeline, form.layout, work("listening to the voice"))
    level, at_work = choose_level(film.mix.limiter, timeline, mixed, profile, work)
    reuse.settle()
    targets = targets_for(film, timeline, rows, profile, form, output.temporary)
    limiter = level.limiter if level.is_limited else None
    ceiling = limiter.ceiling_dbtp if limiter else None
    for row in rows:
        if row.is_undipped:
            told = work(f"writing {row.name} undipped")
            write_apart(timeline, row, targets[row.name], level.applied_gain_db, told, own_db=film.mix.me_gain_db)
    rendering, kept = reuse.plan(timeline, mixed, form, level)
    told = work("writing the prints")
    activity = write_prints(timeline, mixed, targets, level.applied_gain_db, told, ceiling, kept=kept, at_work=at_work)
    if limiter is not None and kept is None:
        done = activity.result(limiter.ceiling_dbtp, limiter.readings_dbtp, limiter.passes)
        level = replace(level, limiter=done)
    if form.is_plain:
        known = reuse.parts_of(mixed, rendering, kept, form)
        files, sounds, hashes, nulls, reels = _plain_proof(rows, targets, form, pace, length, known)
        reuse.settle()
    else:
        files, sounds, hashes, nulls, reels = _composed_proof(rows, targets, form, pace, length)
    nulls += sums_apart(rows, length)
    parts = parts_of(film, form, hashes)
    names = {name: each[0].file.name for name, each in parts.items()}
    own = film.mix.me_gain_db
    return Printed(rows, names, files, level, nulls, timeline, rendering, balance, parts, sounds, reels, own)


_Proof = tuple[
    dict[str, StemFile],
    dict[str, tuple[WrittenFile, ...]],
    dict[str, tuple[str, ...]],
    tuple[NullFacts, ...],
    tuple[tuple[NullFacts, ...], ...],
]


def _plain_proof(
    rows: Sequence[PrintRow],
    targets: Mapping[str, PrintTarget],
    form: Form,
    pace: Pace,
    length: int,
    known: Mapping[str, PrintParts],
) -> _Proof:
    """Measure prints of one plain file each, and subtract them."""
    told = pace.counter("measuring the prints", length * len(rows))

    def measured(name: str) -> StemFile:
        one = targets[name].files[0]
        return measured_file(one.path, one.fmt, told, one.bext, one.put, known=known.get(name))

    files = dict(zip(targets, pace.each(list(targets), measured, told), strict=True))
    media = {name: file.media for name, file in files.items()}
    work = Work(pace.jobs, on_samples=pace.counter("proving the null", length))
    nulls = prove_sums(media, sum_rules(rows), work)
    whole, channels = Span(0, length), tuple(range(form.layout.count))
    sounds: dict[str, tuple[WrittenFile, ...]] = {
        name: (WrittenFile(file.media, whole, channels),) for name, file in files.items()
    }
    return files, sounds, {name: (file.sha256,) for name, file in files.items()}, nulls, ()


def _composed_proof(
    rows: Sequence[PrintRow], targets: Mapping[str, PrintTarget], form: Form, pace: Pace, length: int
) -> _Proof:
    """Measure and subtract prints of several files, or with a leader."""
    work = Work(pace.jobs, on_samples=pace.counter("proving the prints", length))
    proven = prove_files(targets, sum_rules(rows), form.layout, work)
    files = {
        name: StemFile(_as_one(proven.files[name], form, length), ledger, proven.hashes[name][0])
        for name, ledger in proven.ledgers.items()
    }
    reels = proven.reels if len(form.reels) > 1 else ()
    return files, dict(proven.files), dict(proven.hashes), proven.nulls, reels


def _as_one(files: Sequence[WrittenFile], form: Form, length: int) -> MediaInfo:
    """Return what rules may know of a print of several files: the programme's length, the channels of each file."""
    layout, first = form.layout, files[0].media
    return replace(first, layout=layout, length_samples=length, layout_source="declared")


def judge_prints(facts: FilmFacts) -> RuleRun:
    """Run the rules that look at prints; the others have looked at the deliveries."""
    outcome = run_rules(facts, [rule for rule in all_rules() if _is_about_prints(rule)])
    # Whether a waiver is used is known only where deliveries and prints are seen together.
    findings = tuple(finding for finding in outcome.findings if finding.code != _UNUSED_WAIVER)
    return RuleRun(findings, outcome.passed)


def _is_about_prints(rule: Rule) -> bool:
    return rule.topic is Topic.PRINT or any(need.of is StreamOf.PRINT for need in (*rule.needs, *rule.wants))
