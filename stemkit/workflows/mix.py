"""The continuous feature: every stem conformed where it must be, joined, printed, proven, reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from stemkit.core.errors import Problem, UsageError
from stemkit.core.files import OutputSet, tidy
from stemkit.core.film import BalanceMode, Film, LimiterChoice, MeChoice
from stemkit.core.layout import LAYOUTS
from stemkit.core.profile import Profile, load_profile
from stemkit.core.progress import Progress, silent
from stemkit.render.balancing import balance_film
from stemkit.render.buses import Work
from stemkit.render.memory import Memory
from stemkit.report.formats import html, json
from stemkit.report.model import REPORT_NAME
from stemkit.store.facts import FactStore, open_store
from stemkit.texts.language import system_language
from stemkit.workflows._balance_table import BALANCE_NAME, balance_as_csv, balance_as_dict
from stemkit.workflows._conformance import kept_result
from stemkit.workflows._mix_conformed import CONFORMED, ConformedStems, blaming_sources, require_unchanged
from stemkit.workflows._mix_earlier import HTML_NAME, SIGNATURE, look_for, signature_of
from stemkit.workflows._mix_pace import Pace
from stemkit.workflows._mix_prints import judge_prints, make_prints
from stemkit.workflows._mix_reuse import STRETCHES, Reuse
from stemkit.workflows._mix_stage import joined, look, require_room
from stemkit.workflows._mix_told import Seen, mix_as_dict, report_of


@dataclass(frozen=True, slots=True)
class MixResult:
    """What a mix came to.

    Parameters
    ----------
    data
        The JSON object of ``mix``.
    report
        The report as written; `None` for a mix that was refused.
    is_unchanged
        An earlier run had made exactly this; nothing was rendered.
    """

    data: Mapping[str, Any]
    report: Mapping[str, Any] | None
    is_unchanged: bool = False
    has_crashed: bool = False
    is_plan: bool = False

    @property
    def has_errors(self) -> bool:
        """Whether the film is not deliverable as it stands."""
        return not self.is_plan and (self.report is None or self.report["verdict"] != "ready")

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``mix``."""
        return dict(self.data)


def mix(
    film: Film,
    out: Path,
    *,
    profile: Profile | None = None,
    print_by: str | None = None,
    limiter: LimiterChoice | None = None,
    balance: BalanceMode | None = None,
    trims_db: Mapping[int, float] | None = None,
    duck_db: float | None = None,
    me: MeChoice | None = None,
    me_gain_db: float | None = None,
    plan_only: bool = False,
    missing_as_silence: bool = False,
    store: FactStore | None = None,
    jobs: int = 1,
    progress: Progress = silent,
) -> MixResult:
    """Print a film: the full mix, a print for each role, and what else the profile asks for.

    Parameters
    ----------
    film
        As declared, or as made up from a folder; raw deliveries are conformed on the way.
    out
        Where the prints and the report go; nothing is written there if the mix is refused.
    profile
        What the stems are brought to; the film's own, if `None`.
    print_by
        Profile that the prints are delivered by; the film's ``[mix] profile``, else the stems', if `None`.
    limiter
        Wins over the film's ``[mix] limiter``.
    balance, trims_db
        Win over the film's ``[mix] balance`` and ``[balance]``.
    duck_db, me, me_gain_db
        Win over the depth in the film's ``[mix] duck``, and over its ``[mix] me`` and ``me_gain_db``.
    plan_only
        Measure and plan the balance of the chapters, and write nothing.
    missing_as_silence
        Put silence in the place of a stem that is absent or unusable, instead of refusing.
    jobs
        Threads; the prints are the same whatever it is.

    Raises
    ------
    ProfileError
        If the profiles of stems and prints differ in sample rate or layout.
    MediaError, RenderError, OutputError
        If the run cannot be finished; nothing is left then.
    """
    profile = profile or load_profile(film.profile, beside=film.base)
    film = _as_asked(film, limiter, balance, trims_db)
    film = _as_ducked(film, duck_db, me, me_gain_db)
    name = print_by or film.mix.profile
    print_profile = load_profile(name, beside=film.base) if name else profile
    store = store or open_store()
    seen = look(film, out, (profile, print_profile), Pace(jobs, progress), store)
    checked = seen.checked
    if (seen.left_out and not missing_as_silence) or not seen.taken:
        return MixResult(mix_as_dict(seen, is_refused=True), None, has_crashed=checked.has_crashed)
    if plan_only:
        return _planned(seen, store, Pace(jobs, progress))
    signature = signature_of(film, (profile, print_profile), seen.inputs())
    if (kept := look_for(out, signature, store)) is not None:
        tidy(out)
        needed = sum(not stem.is_in_place for stem in seen.taken)
        data = {**mix_as_dict(seen), **kept.as_mix(), CONFORMED: {"needed": needed, "made": 0}}
        return MixResult(data, kept.report, is_unchanged=True, has_crashed=checked.has_crashed)
    return _printed(seen, signature, store, Pace(jobs, progress))


def _as_asked(
    film: Film, limiter: LimiterChoice | None, balance: BalanceMode | None, trims_db: Mapping[int, float] | None
) -> Film:
    mix = film.mix
    trims = mix.trims_db if trims_db is None else trims_db
    mix = replace(mix, limiter=limiter or mix.limiter, balance=balance or mix.balance, trims_db=trims)
    return replace(film, mix=mix)


def _as_ducked(film: Film, duck_db: float | None, me: MeChoice | None, me_gain_db: float | None) -> Film:
    mix = film.mix
    duck = mix.duck if duck_db is None else replace(mix.duck, depth_db=duck_db)
    me, own = me or mix.me, mix.me_gain_db if me_gain_db is None else me_gain_db
    if me_gain_db and me != "undipped":
        message = "--me-gain is for an M&E that stands apart from the mix; this one is a part of it"
        raise UsageError(Problem("usage", message, "add --me undipped, or leave the gain out"))
    return replace(film, mix=replace(mix, duck=duck, me=me, me_gain_db=own))


def _planned(seen: Seen, store: FactStore, pace: Pace) -> MixResult:
    """Plan the balance of a film; what has to be conformed for that is thrown away."""
    require_room(seen)
    with OutputSet(seen.out) as output, blaming_sources(seen):
        stems = ConformedStems(seen, output.scratch("stems"), pace, store)
        timeline, reuse = joined(seen, stems), _reuse(seen, stems, store)
        told = pace.counter("measuring the chapters", timeline.length_samples)
        work = Work(pace.jobs, on_samples=told, memory=reuse.memory, ready=reuse.ready)
        mix, layout = seen.film.mix, LAYOUTS[seen.print_profile.format.layout]
        plan = balance_film(timeline, layout, mix.balance, mix.max_trim_db, mix.trims_db, work)
        reuse.settle()
    data = {**mix_as_dict(seen), "balance": balance_as_dict(plan), CONFORMED: stems.as_dict()}
    return MixResult({**data, "report": {"json": None, "html": None}}, None, is_plan=True)


def _reuse(seen: Seen, stems: ConformedStems, store: FactStore) -> Reuse:
    return Reuse(seen.out, Memory(store, stems.sounds()), stems.ready, partial(require_unchanged, seen))


def _printed(seen: Seen, signature: str, store: FactStore, pace: Pace) -> MixResult:
    require_room(seen)
    with OutputSet(seen.out) as output, blaming_sources(seen):
        stems = ConformedStems(seen, output.scratch("stems"), pace, store)
        reuse = _reuse(seen, stems, store)
        printed = make_prints(seen.film, joined(seen, stems), seen.print_profile, output, pace, reuse)
        judged = judge_prints(printed.facts(seen.film, seen.print_profile))
        data = {**mix_as_dict(seen, printed), CONFORMED: stems.as_dict()}
        report = {**report_of(seen, data, printed, judged, stems.described(), kept_result(store))}
        report |= {SIGNATURE: signature, STRETCHES: printed.rendering.made_of}
        output.write(HTML_NAME, html.render(report, system_language()))
        tables = []
        if printed.balance is not None:
            output.write(BALANCE_NAME, balance_as_csv(data["balance"]))
            tables.append(BALANCE_NAME)
        output.write(REPORT_NAME, json.render(report))
        require_unchanged(seen)
        output.commit([*(part.file.name for part in printed.all_parts), *tables, HTML_NAME, REPORT_NAME])
    for part in printed.all_parts:
        store.remember_sha256(seen.out / part.file.name, part.sha256)
    return MixResult(data, report, has_crashed=seen.checked.has_crashed or judged.has_crashed)
