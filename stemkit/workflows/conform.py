"""Repaired copies of everything that a tool can repair: what is planned, what was done, what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.core.facts import FilmFacts, StemFacts, StreamOf
from stemkit.core.film import Film
from stemkit.core.finding import Finding, Outcome
from stemkit.core.names import display_name
from stemkit.core.profile import Profile, load_profile
from stemkit.core.progress import Progress, silent
from stemkit.core.steps import step_as_dict
from stemkit.intake.facts import gather
from stemkit.meters.summary import Summary
from stemkit.plan.conform import ItemStatus, plan_conform
from stemkit.report.check import media_as_dict
from stemkit.rules._base import Rule
from stemkit.rules._engine import all_rules, run_rules, selected_rules
from stemkit.store.facts import FactStore, open_store
from stemkit.workflows._conform_run import Done, Job, carry_out
from stemkit.workflows._conformed_tree import FILM_FILE

SCHEMA = "stemkit/conform/1"


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
    """

    out: Path
    items: tuple[Done, ...]
    film_file: str | None
    open_findings: tuple[Finding, ...] = ()
    has_tree: bool = False
    has_written: bool = False

    @property
    def has_crashed(self) -> bool:
        """Whether a rule failed as a program."""
        return any(finding.outcome is Outcome.ERROR for finding in self.open_findings)

    @property
    def has_errors(self) -> bool:
        """Whether something is left that keeps the delivery from being accepted."""
        return bool(self.open_findings) or any(done.item.status is ItemStatus.FAILED for done in self.items)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``conform``."""
        return {
            "schema": SCHEMA,
            "version": __version__,
            "out": str(self.out),
            "items": [item_as_dict(done) for done in self.items],
            "film": self.film_file,
        }


def item_as_dict(done: Done) -> dict[str, Any]:
    """Return an item and what became of it as JSON data."""
    item = done.item
    return {
        "chapter": item.chapter,
        "role": item.role.value if item.role else None,
        "source": str(item.source),
        "name": display_name(item.source),
        "output": item.output,
        "status": item.status.value,
        "reason": item.reason,
        "steps": [step_as_dict(step) for step in item.steps],
        "before": done.before,
        "after": done.after,
    }


def conform(
    film: Film,
    out: Path,
    *,
    profile: Profile | None = None,
    plan_only: bool = False,
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
        Write nothing and return the plan.
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
    # The peaks of converted stems decide how they are stored, whichever rules were selected.
    facts = gather(film, profile, rules=about_stems(all_rules()), store=store, jobs=jobs, progress=progress).facts
    findings = run_rules(facts, about_stems(selected_rules(profile))).findings
    plan = plan_conform(facts, findings, profile)
    has_film_file = film.manifest is not None
    job = Job(film, profile, store, jobs, progress, described(facts))
    if not plan.has_work:
        items = tuple(job.as_it_is(replace(item, output=None)) for item in plan.items)
        return ConformResult(out, items, str(film.manifest) if has_film_file else None, still_open(findings, items))
    if plan_only:
        items, has_written = tuple(job.as_it_is(item) for item in plan.items), False
    else:
        items, has_written = carry_out(plan, out, job)
    film_file = FILM_FILE if has_film_file else None
    return ConformResult(out, items, film_file, still_open(findings, items), not plan_only, has_written)


def about_stems(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that conforming can answer: what a chapter's sum is like is the mix's affair."""
    return tuple(rule for rule in rules if all(need.of is not StreamOf.CHAPTER_SUM for need in rule.needs))


def still_open(findings: Sequence[Finding], items: Sequence[Done]) -> tuple[Finding, ...]:
    """Return the errors that conforming does not cure."""
    cured = (ItemStatus.PLANNED, ItemStatus.WRITTEN, ItemStatus.UNCHANGED)
    good = {(done.item.chapter, done.item.role, done.item.source) for done in items if done.item.status in cured}
    return tuple(
        finding
        for finding in findings
        if finding.is_blocking
        and not (finding.fix == "safe" and (finding.where.chapter, finding.where.role, finding.where.path) in good)
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
