"""Some chapters with their joins, to listen to: the very samples that the full mix has there.

The level of a film is known when all of it was measured. Where the folder holds an earlier mix, its gain,
trims and limiter are used; where there is none, the excerpt is printed as the stems are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.audio.probe import probe
from stemkit.core.block import is_same_sound
from stemkit.core.errors import MediaError, UsageError
from stemkit.core.files import OutputSet
from stemkit.core.film import Ducking, Film, LimiterChoice, MeChoice
from stemkit.core.layout import LAYOUTS
from stemkit.core.profile import Profile, load_profile
from stemkit.core.progress import Progress, silent
from stemkit.core.timebase import Span
from stemkit.dsp.limiter import RUN_IN_S
from stemkit.meters.summary import summarise
from stemkit.plan.balance import with_trims
from stemkit.plan.deliverables import plan_form, print_stem
from stemkit.plan.levels import step_below
from stemkit.plan.routing import PrintRow, plan_routing, print_of_all, sum_rules, with_undipped
from stemkit.plan.timeline import Timeline
from stemkit.render.apart import write_apart
from stemkit.render.buses import Work
from stemkit.render.composed import Proven, prove_files
from stemkit.render.print_files import read_print
from stemkit.render.printing import write_prints
from stemkit.report.model import open_report
from stemkit.store.facts import FactStore, open_store
from stemkit.workflows._duck_told import duck_from
from stemkit.workflows._mix_conformed import CONFORMED, ConformedStems, blaming_sources, require_unchanged
from stemkit.workflows._mix_files import targets_for
from stemkit.workflows._mix_pace import Pace
from stemkit.workflows._mix_parts import parts_in, sound_of
from stemkit.workflows._mix_prints import ducked, largest_sample, learnt
from stemkit.workflows._mix_stage import joined, look, require_room
from stemkit.workflows._mix_told import Seen, mix_as_dict, null_as_dict

FOLDER = "excerpts"
SCHEMA = "stemkit/excerpt/1"


@dataclass(frozen=True, slots=True)
class ExcerptLevel:
    """At what level an excerpt is printed.

    Parameters
    ----------
    source
        ``"mix"``: as the mix in the folder has it; ``"stems"``: as the stems are, lowered where they would clip.
    """

    source: str
    gain_db: float
    ceiling_dbtp: float | None
    trims_db: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class ExcerptResult:
    """What an excerpt came to; ``data`` is its JSON object."""

    data: Mapping[str, Any]
    has_errors: bool
    has_crashed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return dict(self.data)


def excerpt(
    film: Film,
    out: Path,
    runs: Sequence[tuple[int, ...]],
    *,
    profile: Profile | None = None,
    print_by: str | None = None,
    missing_as_silence: bool = False,
    store: FactStore | None = None,
    jobs: int = 1,
    progress: Progress = silent,
) -> ExcerptResult:
    """Print some chapters of a film into files of their own, beside what the folder holds.

    Parameters
    ----------
    runs
        Chapters that follow one another, one excerpt each.

    Raises
    ------
    ProfileError, MediaError, RenderError, OutputError
        As of `stemkit.workflows.mix.mix`.
    """
    profile = profile or load_profile(film.profile, beside=film.base)
    name = print_by or film.mix.profile
    print_profile = load_profile(name, beside=film.base) if name else profile
    pace = Pace(jobs, progress)
    in_hand = _chapters_needed(film, runs)
    part = replace(film, chapters=tuple(c for c in film.chapters if c.number in in_hand), is_excerpt=True)
    store = store or open_store()
    found = look(part, out, (profile, print_profile), pace, store)
    seen = replace(found, film=film)
    if (seen.left_out and not missing_as_silence) or not seen.taken:
        return ExcerptResult({**mix_as_dict(seen, is_refused=True), "excerpts": []}, True, seen.checked.has_crashed)
    earlier = _earlier(out)
    seen = replace(seen, film=_as_mixed(film, earlier))
    require_room(seen, {number for run in runs for number in run})
    with OutputSet(out) as output, blaming_sources(seen):
        stems = ConformedStems(seen, output.scratch("stems"), pace, store)
        work, layout = Work(jobs, ready=stems.ready), LAYOUTS[print_profile.format.layout]
        timeline = learnt(joined(seen, stems), layout.count, work)
        level = _level(earlier, film)
        timeline = with_trims(timeline, level.trims_db) if level.trims_db else timeline
        if earlier is None:
            timeline = ducked(film, timeline, layout, work)
        else:
            timeline = replace(timeline, duck=duck_from(earlier.get("duck")))
        made = [_Excerpt.of(seen, timeline, run, level, output, pace, work) for run in runs]
        data = {**_told(seen, made, earlier, level), CONFORMED: stems.as_dict()}
        require_unchanged(seen)
        output.commit([name for one in made for name in one.names.values()])
    return ExcerptResult(data, not all(one.is_proven for one in made), seen.checked.has_crashed)


def _as_mixed(film: Film, earlier: Mapping[str, Any] | None) -> Film:
    """Return a film whose M&E stands apart where it does in the mix that lies there."""
    if earlier is None:
        return film
    duck, is_apart = duck_from(earlier.get("duck")), bool(earlier.get("me"))
    settings = duck.settings if duck else Ducking()
    limiter: LimiterChoice = "linked" if earlier.get("limiter") else "off"
    me: MeChoice = "undipped" if is_apart else "follow"
    gain_db = earlier["me"]["gain_db"] if is_apart else 0.0
    return replace(film, mix=replace(film.mix, duck=settings, limiter=limiter, me=me, me_gain_db=gain_db))


def _plainly(film: Film) -> Film:
    """Return a film whose prints are plain WAV files, whatever is delivered in the end."""
    return replace(film, mix=replace(film.mix, container="wav", reels=(), slate=None))


def _chapters_needed(film: Film, runs: Sequence[tuple[int, ...]]) -> set[int]:
    """Return the chapters of which something sounds; all of them where lengths are known from the files alone."""
    numbers = [chapter.number for chapter in film.chapters]
    if film.frame_rate is None or any(chapter.length_frames is None for chapter in film.chapters):
        return set(numbers)
    places = {numbers.index(number) for run in runs for number in run}
    return {numbers[at] for place in places for at in (place - 1, place, place + 1) if 0 <= at < len(numbers)}


def _earlier(out: Path) -> Mapping[str, Any] | None:
    """Return the report of the mix that lies in a folder, `None` where there is none."""
    try:
        report = open_report(out)
    except UsageError:
        return None
    return report if report.get("prints") and report.get("level") else None


def _level(earlier: Mapping[str, Any] | None, film: Film) -> ExcerptLevel:
    if earlier is None:
        return ExcerptLevel("stems", 0.0, None, film.mix.trims_db)
    limiter, balance = earlier.get("limiter"), earlier.get("balance")
    trims = {each["chapter"]: each["trim_db"] for each in balance["chapters"]} if balance else {}
    ceiling = limiter["ceiling_dbtp"] if limiter else None
    return ExcerptLevel("mix", earlier["level"]["applied_gain_db"], ceiling, trims)


@dataclass(frozen=True, slots=True)
class _Excerpt:
    """One excerpt as it was written."""

    run: tuple[int, ...]
    span: Span
    level: ExcerptLevel
    rows: tuple[PrintRow, ...]
    names: Mapping[str, str]
    proven: Proven

    @property
    def is_proven(self) -> bool:
        return all(null.exact is not False for null in self.proven.nulls)

    @classmethod
    def of(
        cls,
        seen: Seen,
        timeline: Timeline,
        run: tuple[int, ...],
        level: ExcerptLevel,
        output: OutputSet,
        pace: Pace,
        work: Work,
    ) -> _Excerpt:
        span = Span(timeline.chapters[run[0]].start, timeline.chapters[run[-1]].end)
        film, profile = _plainly(seen.film), _without_leader(seen.print_profile)
        rows = with_undipped(plan_routing(profile.prints), seen.film.mix)
        mixed = tuple(row for row in rows if not row.is_undipped)
        form = replace(plan_form(film, timeline, profile), is_discrete=False, reels=(span,), mark=f"_{run_name(run)}")
        told = replace(work, on_samples=pace.counter("writing the excerpt", span.length))
        if level.source == "stems":
            loudest = largest_sample(timeline, rows, form.layout, span, work)
            if loudest >= 1.0:
                level = replace(level, gain_db=step_below(-20.0 * math.log10(loudest) - 0.01))
        targets = targets_for(film, timeline, rows, profile, form, lambda name: output.temporary(f"{FOLDER}/{name}"))
        # What the limiter does depends on what came shortly before, and on what comes next.
        around = 0 if level.ceiling_dbtp is None else RUN_IN_S * timeline.sample_rate_hz
        rendered = Span(max(0, span.start - around), min(timeline.length_samples, span.end + around))
        write_prints(timeline, mixed, targets, level.gain_db, told, level.ceiling_dbtp, rendered)
        for row in rows:
            if row.is_undipped:
                own = seen.film.mix.me_gain_db
                write_apart(timeline, row, targets[row.name], level.gain_db, work, rendered, own)
        proven = prove_files(targets, sum_rules(rows), form.layout, Work(pace.jobs))
        names = {row.name: f"{FOLDER}/{form.files(print_stem(film, row.name))[0].name}" for row in rows}
        return cls(run, span, level, rows, names, proven)


def _without_leader(profile: Profile) -> Profile:
    return profile.model_copy(update={"delivery": profile.delivery.model_copy(update={"leader": None})})


def run_name(run: Sequence[int]) -> str:
    """Return how the file names tell the chapters of an excerpt.

    Examples
    --------
    >>> run_name((22, 23, 24)), run_name((5,))
    ('ch022-024', 'ch005')
    """
    return f"ch{run[0]:03}" if len(run) == 1 else f"ch{run[0]:03}-{run[-1]:03}"


def _told(
    seen: Seen, made: Sequence[_Excerpt], earlier: Mapping[str, Any] | None, level: ExcerptLevel
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": __version__,
        "out": str(seen.out),
        "sample_rate_hz": seen.profile.format.sample_rate_hz,
        "level": {"from": level.source, "limiter_ceiling_dbtp": level.ceiling_dbtp},
        "excerpts": [_as_dict(one, seen, earlier) for one in made],
        "refused": [],
        "missing": [each.as_missing() for each in seen.left_out],
    }


def _as_dict(one: _Excerpt, seen: Seen, earlier: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "chapters": list(one.run),
        "start_samples": one.span.start,
        "end_samples": one.span.end,
        "applied_gain_db": one.level.gain_db,
        "as_in_the_mix": _is_as_in(one, earlier, seen.out),
        "prints": [
            {
                "name": row.name,
                "roles": [role.value for role in row.roles],
                "path": one.names[row.name],
                "sha256": one.proven.hashes[row.name][0],
                "length_samples": one.span.length,
                "measured": summarise(one.proven.ledgers[row.name]).as_dict(),
            }
            for row in one.rows
        ],
        "null_test": null_as_dict(one.proven.nulls, one.span.length),
    }


def _is_as_in(one: _Excerpt, earlier: Mapping[str, Any] | None, out: Path) -> bool | None:
    """Tell whether the full mix in the folder holds the very same samples there, `None` where there is none."""
    full = print_of_all(one.rows)
    row = next((each for each in (earlier or {}).get("prints", ()) if full and each["name"] == full.name), None)
    if row is None or full is None:
        return None
    try:
        files = [sound_of(part, probe(out / part["path"])) for part in parts_in(row)]
        if not all(file.is_whole for file in files):
            return False
        return is_same_sound(read_print(files, one.span), read_print(one.proven.files[full.name]))
    except (MediaError, ValueError):
        return False
