"""Repaired copies of everything that a tool can repair: what is planned, what was done, what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.core.facts import FilmFacts, StemFacts
from stemkit.core.film import Film, Role
from stemkit.core.finding import Finding, Outcome
from stemkit.core.layout import LAYOUTS
from stemkit.core.names import display_name
from stemkit.core.profile import Profile, load_profile
from stemkit.core.progress import Progress, silent
from stemkit.core.steps import step_as_dict
from stemkit.intake.content import was_listened_to
from stemkit.intake.facts import gather
from stemkit.meters.summary import Summary
from stemkit.plan.asked import Choice
from stemkit.plan.conform import ItemStatus, plan_conform
from stemkit.report.check import media_as_dict
from stemkit.report.given import as_given
from stemkit.rules._engine import all_rules, run_rules, selected_rules
from stemkit.store.facts import FactStore, open_store
from stemkit.texts import render
from stemkit.workflows._conform_choice import LEFT_OUT, Only
from stemkit.workflows._conform_job import Done, Job
from stemkit.workflows._conform_rules import about_stems, needs_of_plan, rules_of_plan
from stemkit.workflows._conform_run import carry_out
from stemkit.workflows._conform_tags import chapters_with_own_clock
from stemkit.workflows._conformed_tree import FILM_FILE

SCHEMA = "stemkit/conform/1"
Place = tuple[int, Role | None, Path]


@dataclass(frozen=True, slots=True)
class ConformResult:
    """What a run planned or did.

    Parameters
    ----------
    film_file
        Film file of the conformed tree, relative to ``out``; the given one if nothing had to be written.
    open_findings
        Errors that are still there: a person must act.
    has_tree
        Whether a conformed tree stands in ``out`` now, written by this run or an earlier one.
    has_written
        Whether anything was written.
    not_listened
        Chapters that no run has listened to; their verdict is about what conforming can repair, not ``check``'s.
    told, creators
        What was found on every stem, and by whom each chapter was made.
    given
        Where sources were delivered that were taken out of archives or videos.
    """

    out: Path
    items: tuple[Done, ...]
    film_file: str | None
    open_findings: tuple[Finding, ...] = ()
    has_tree: bool = False
    has_written: bool = False
    not_listened: tuple[int, ...] = ()
    told: Mapping[Place, Sequence[Finding]] = field(default_factory=dict)
    creators: Mapping[int, str] = field(default_factory=dict)
    given: Mapping[Path, Path] = field(default_factory=dict)

    @property
    def has_crashed(self) -> bool:
        """Whether a rule failed as a program."""
        return any(finding.outcome is Outcome.ERROR for finding in self.open_findings)

    @property
    def has_defect(self) -> bool:
        """Whether stemkit itself failed: a rule crashed, or what was repaired is still there."""
        return self.has_crashed or any(done.is_defect for done in self.items)

    @property
    def has_errors(self) -> bool:
        """Whether something is left that keeps the delivery from being accepted."""
        return bool(self.open_findings) or any(done.item.status is ItemStatus.FAILED for done in self.items)

    def _item(self, done: Done) -> dict[str, Any]:
        item = done.item
        told = self.told.get((item.chapter, item.role, item.source), ())
        creator = self.creators.get(item.chapter) or None
        return {**item_as_dict(done), "findings": [_found(finding) for finding in told], "creator": creator}

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``conform``."""
        told = {
            "schema": SCHEMA,
            "version": __version__,
            "out": str(self.out),
            "items": [self._item(done) for done in self.items],
            "film": self.film_file,
            "listened": not self.not_listened,
            "not_listened": list(self.not_listened),
            "open": [self._open(finding) for finding in self.open_findings],
        }
        return as_given(told, self.given)

    def _open(self, finding: Finding) -> dict[str, Any]:
        where = finding.where
        place = {"chapter": where.chapter, "role": where.role.value if where.role else None}
        path = str(where.path) if where.path else None
        return {**_found(finding), **place, "path": path, "creator": self.creators.get(where.chapter or 0) or None}


def _found(finding: Finding) -> dict[str, Any]:
    message, advice = render(finding)
    severity, fix = finding.severity.value, finding.fix
    return {"code": finding.code, "severity": severity, "fix": fix, "message": message, "advice": advice}


def item_as_dict(done: Done) -> dict[str, Any]:
    """Return an item and what became of it as JSON data."""
    item = done.item
    return {
        "chapter": item.chapter,
        "role": item.role.value if item.role else None,
        "source": str(item.source),
        "name": display_name(item.declared_path),
        "output": item.output,
        "files": list(item.written_names),
        "status": item.status.value,
        "reason": item.reason,
        "steps": [step_as_dict(step) for step in item.steps],
        "waiting": [step_as_dict(step) for step in item.waiting],
        "because": {kind: list(codes) for kind, codes in item.codes.items()},
        "before": done.before,
        "after": done.after,
    }


def conform(
    film: Film,
    out: Path,
    *,
    profile: Profile | None = None,
    plan_only: bool = False,
    listen: bool = False,
    choice: Choice | None = None,
    only: Only | None = None,
    store: FactStore | None = None,
    jobs: int = 1,
    progress: Progress = silent,
) -> ConformResult:
    """Conform a delivery into a folder; sources are only read.

    Parameters
    ----------
    film
        As declared, or as made up from a folder.
    out
        Folder of the conformed tree; it is not made if nothing needs to be written.
    profile
        The film's own, if `None`.
    plan_only
        Write nothing and return the plan; it is made as with ``listen``.
    listen
        Listen to everything that ``check`` listens to; else what earlier runs have heard is used, nothing is heard
        anew, and the verdict on the other chapters is about what conforming looks for.
    choice
        Which steps are taken; all safe ones by default.
    only
        Which stems are conformed; all by default. Others that an earlier run conformed stay in the tree.
    store
        Where facts are kept between runs; the user's own, if `None`.
    jobs
        Files worked on at once; the result is the same whatever it is.

    Raises
    ------
    UsageError
        If a source, or a file of somebody else, is in the way.
    OutputError
        If the system refuses to write; nothing is left then.
    """
    profile = profile or load_profile(film.profile, beside=film.base)
    store = store or open_store()
    only = only or Only()
    in_hand = only.in_hand(film)
    _check_effects(film, profile)
    needs, only_known = needs_of_plan(about_stems(all_rules())), not (plan_only or listen)
    facts = gather(
        in_hand, profile, needs=needs, store=store, jobs=jobs, progress=progress, only_known=only_known
    ).facts
    # What is done never depends on how much was listened to.
    asked = run_rules(facts, rules_of_plan(selected_rules(profile))).findings
    findings = run_rules(facts, about_stems(selected_rules(profile))).findings
    plan = only.of_plan(plan_conform(facts, asked, profile, choice))
    has_film_file = film.manifest is not None
    job = Job(film, profile, store, jobs, progress, described(facts), facts=facts, is_part=only != Only())
    job.own_clocks = chapters_with_own_clock(plan.items, facts)
    unheard = tuple(one.chapter.number for one in facts.chapters if not was_listened_to(one))
    about = {**_about(findings, film), "not_listened": unheard, "given": facts.given}
    if not plan.has_work:
        items = tuple(job.as_it_is(replace(item, output=None)) for item in plan.items)
        left = still_open(findings, items, choice)
        return ConformResult(out, items, str(film.manifest) if has_film_file else None, left, **about)
    if plan_only:
        items, has_written = tuple(job.as_it_is(item) for item in plan.items), False
    else:
        items, has_written = carry_out(plan, out, job)
    film_file = FILM_FILE if has_film_file else None
    left = still_open(findings, items, choice)
    return ConformResult(out, items, film_file, left, not plan_only, has_written, **about)


def _check_effects(film: Film, profile: Profile) -> None:
    chain = [insert for effects in film.inserts.values() for insert in effects]
    if chain:
        from stemkit.dsp.inserts import check_inserts

        check_inserts(chain, str(film.manifest), LAYOUTS[profile.format.layout].count)


def _about(findings: Sequence[Finding], film: Film) -> dict[str, Any]:
    """Return what is told beside the items: findings by stem, creators by chapter."""
    told: dict[Place, list[Finding]] = {}
    for finding in findings:
        where = finding.where
        if finding.outcome is Outcome.FAIL and finding.waived_by is None and where.chapter is not None and where.path:
            told.setdefault((where.chapter, where.role, where.path), []).append(finding)
    return {"told": told, "creators": {chapter.number: chapter.creator for chapter in film.chapters}}


def still_open(findings: Sequence[Finding], items: Sequence[Done], choice: Choice | None = None) -> tuple[Finding, ...]:
    """Return the errors that conforming does not cure; what was left out by name is not asked about."""
    choice = choice or Choice()
    left_out = {(done.item.chapter, done.item.role, done.item.source) for done in items if done.item.reason == LEFT_OUT}
    cured = (ItemStatus.PLANNED, ItemStatus.WRITTEN, ItemStatus.UNCHANGED)
    good = {(done.item.chapter, done.item.role, done.item.source) for done in items if done.item.status in cured}
    return tuple(
        finding
        for finding in findings
        if finding.is_blocking
        and (place := (finding.where.chapter, finding.where.role, finding.where.path)) not in left_out
        and not (choice.cures(finding) and place in good)
    )


def described(facts: FilmFacts) -> dict[tuple[int, Path], Mapping[str, Any]]:
    """Return header and readings of every stem that could be measured, by chapter and path."""
    found = {}
    for chapter in facts.chapters:
        for stem in chapter.stems:
            if (data := _described(stem)) is not None:
                found[chapter.chapter.number, stem.stem.path] = data
    return found


def _described(stem: StemFacts) -> Mapping[str, Any] | None:
    summary = stem.measured.get(Summary)
    if stem.media is None or summary is None:
        return None
    return {"media": media_as_dict(stem.media), "measured": summary.as_dict()}
