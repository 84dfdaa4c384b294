"""Findings into a plan: which steps each stem takes, what stays as it is, what a person must do.

The plan is pure data; what is shown by ``conform --plan`` is the object that runs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from stemkit.core.errors import PlanConflict, Problem
from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts, UnplacedReason
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Outcome, Severity
from stemkit.core.media import MediaInfo
from stemkit.core.naming import stem_file_name
from stemkit.core.profile import Profile
from stemkit.core.steps import ApplyGain, Rename, Resample, Retag, Rewrap, Step
from stemkit.meters.integrity import Integrity
from stemkit.meters.sample_peak import SamplePeak
from stemkit.plan.storage import changes_values, complete, in_order, layout_is_known
from stemkit.texts import render

_MOST_GROWTH = 2.0  # by which a conversion of rate may raise the largest sample of any ordinary sound


class ItemStatus(StrEnum):
    """What is to become, or has become, of a stem."""

    PLANNED = "planned"
    WRITTEN = "written"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ConformItem:
    """One delivered file and what is to be done with it.

    Parameters
    ----------
    declared_path
        The source as the user wrote or gave it.
    output
        Path in the conformed tree, with ``/``; `None` if the file is not taken over.
    reason
        Why nothing is done, or what is left for a person; `None` where all is well.
    steps
        In the order in which they are taken. For an item that is skipped or failed: what it would take.
    """

    chapter: int
    role: Role | None
    source: Path
    declared_path: str
    status: ItemStatus
    media: MediaInfo | None = None
    output: str | None = None
    reason: str | None = None
    steps: tuple[Step, ...] = ()

    @property
    def changes_file(self) -> bool:
        """Whether the plan makes something else of the file than a copy under another name."""
        return self.status is ItemStatus.PLANNED and any(not isinstance(step, Rename) for step in self.steps)


@dataclass(frozen=True, slots=True)
class ConformPlan:
    """What is to be done with a delivery, in film order."""

    items: tuple[ConformItem, ...]

    @property
    def has_work(self) -> bool:
        """Whether anything is to be written."""
        return any(item.status is ItemStatus.PLANNED for item in self.items)


@dataclass(slots=True)
class _Asked:
    """What the findings on one stem ask for; ``by_the_way`` is done only if the file is written anyhow."""

    safe: dict[type[Step], Step] = field(default_factory=dict)
    by_the_way: dict[type[Step], Step] = field(default_factory=dict)
    unsafe: dict[type[Step], Step] = field(default_factory=dict)
    askers: dict[type[Step], str] = field(default_factory=dict)
    open: list[Finding] = field(default_factory=list)

    def take(self, finding: Finding) -> None:
        safe = self.by_the_way if finding.severity is Severity.INFO else self.safe
        for step in finding.fixes:
            self._add(step, finding.code, safe if step.safe else self.unsafe)
        if finding.is_blocking and finding.fix != "safe":
            self.open.append(finding)

    def _add(self, step: Step, code: str, kept: dict[type[Step], Step]) -> None:
        kind = type(step)
        if kept.setdefault(kind, step) != step:
            message = f"{self.askers[kind]} asks for {kept[kind]}, {code} for {step}"
            raise PlanConflict(Problem("plan_conflict", message, "this is a defect of the rules: report it"))
        self.askers.setdefault(kind, code)


def plan_conform(facts: FilmFacts, findings: Sequence[Finding], profile: Profile) -> ConformPlan:
    """Make the plan of a delivery.

    Parameters
    ----------
    facts
        With the `SamplePeak` of the conformed streams, where they were measured.
    findings
        What the rules found; waived ones ask for nothing.
    profile
        What the stems are to be brought to.

    Raises
    ------
    PlanConflict
        If two rules contradict each other.
    """
    items: list[ConformItem] = []
    for chapter in facts.chapters:
        names = _names(chapter, facts, profile)
        for stem, name in zip(chapter.stems, names, strict=True):
            asked = _asked(stem, chapter, findings)
            items.append(_placed(_item(stem, chapter, asked, profile), name))
        items.extend(_not_taken(chapter))
    return ConformPlan(tuple(items))


def _asked(stem: StemFacts, chapter: ChapterFacts, findings: Sequence[Finding]) -> _Asked:
    asked, number = _Asked(), chapter.chapter.number
    for finding in findings:
        where = finding.where
        is_here = (where.chapter, where.role, where.path) == (number, stem.stem.role, stem.stem.path)
        if is_here and finding.outcome is Outcome.FAIL and finding.waived_by is None:
            asked.take(finding)
    return asked


def _item(stem: StemFacts, chapter: ChapterFacts, asked: _Asked, profile: Profile) -> ConformItem:
    source = stem.stem
    item = ConformItem(
        chapter.chapter.number, source.role, source.path, source.declared_path, ItemStatus.UNCHANGED, stem.media
    )
    stopped = _stopped(item, stem, asked)
    return stopped if stopped is not None else _with_steps(item, stem, asked, profile)


def _stopped(item: ConformItem, stem: StemFacts, asked: _Asked) -> ConformItem | None:
    """Return the item if nothing can be done with its file, else `None`."""
    media, integrity = stem.media, stem.measured.get(Integrity)
    if media is None:
        return replace(item, status=ItemStatus.SKIPPED, reason="there is no file at this path")
    if not media.is_usable:
        detail = media.problem.detail if media.problem else "it cannot be read"
        return replace(item, status=ItemStatus.FAILED, reason=detail)
    if integrity is not None and integrity.non_finite_samples:
        reason = f"{integrity.non_finite_samples} samples are no numbers (NaN or infinity); they are never patched"
        return replace(item, status=ItemStatus.FAILED, reason=reason)
    if Retag in asked.unsafe:
        return replace(item, status=ItemStatus.SKIPPED, reason=_open_reason(asked), steps=_retagged(asked))
    if not layout_is_known(media, asked.safe.values()):
        return replace(
            item, status=ItemStatus.SKIPPED, reason=_open_reason(asked) or "the order of its channels is unknown"
        )
    return None


def _with_steps(item: ConformItem, stem: StemFacts, asked: _Asked, profile: Profile) -> ConformItem:
    media, reason = stem.media, _open_reason(asked)
    assert media is not None
    if not asked.safe:
        return replace(item, status=ItemStatus.SKIPPED if reason else ItemStatus.UNCHANGED, reason=reason)
    wanted = asked.by_the_way | asked.safe
    has_room = profile.format.float_accepted and changes_values(media, wanted.values())
    amplitude = _amplitude(stem, growth=_MOST_GROWTH if has_room else 1.0)
    steps, too_loud = complete(media, wanted.values(), amplitude, profile.format)
    if too_loud is not None:
        gain = ApplyGain(-math.ceil(100.0 * too_loud) / 100.0)
        why = f"after its steps it is {too_loud:.2f} dB over full scale, and the profile takes no 32-bit float"
        return replace(item, status=ItemStatus.FAILED, reason=why, steps=in_order((*steps, gain)))
    return replace(item, status=ItemStatus.PLANNED, reason=reason, steps=steps)


def _amplitude(stem: StemFacts, *, growth: float) -> float | None:
    """Return the largest amplitude of a stem after its steps; where it was not measured, the largest there may be."""
    if (converted := stem.conformed.get(SamplePeak)) is not None:
        return converted.max_amplitude
    delivered = stem.measured.get(SamplePeak)
    return None if delivered is None else delivered.max_amplitude * growth


def _retagged(asked: _Asked) -> tuple[Step, ...]:
    # The conversion that the header's rate asked for is not the one that the true rate needs.
    rate_hz = getattr(asked.unsafe[Retag], "sample_rate_hz", None)
    resample = asked.safe.get(Resample)
    kept = [step for step in asked.safe.values() if step is not resample]
    if isinstance(resample, Resample) and resample.sample_rate_hz != rate_hz:
        kept.append(resample)
    return in_order((*kept, asked.unsafe[Retag]))


def _open_reason(asked: _Asked) -> str | None:
    """Say what a person must do, `None` if nothing is left."""
    return "; ".join(f"{finding.code}: {render(finding)[0]}" for finding in asked.open) or None


def _placed(item: ConformItem, name: str) -> ConformItem:
    """Give an item its place in the conformed tree; files that cannot be read have none."""
    if item.media is None or not item.media.is_usable:
        return item
    is_as_delivered = item.status is not ItemStatus.PLANNED
    suffix = item.source.suffix.lower() if is_as_delivered else Path(name).suffix
    if any(isinstance(step, Rewrap) for step in item.steps) and not is_as_delivered:
        suffix = ".wav"
    return replace(item, output=f"ch{item.chapter:02}/{Path(name).stem}{suffix}")


def _names(chapter: ChapterFacts, facts: FilmFacts, profile: Profile) -> list[str]:
    """Return the profile's names for a chapter's stems, none of them twice."""
    count = Counter(stem.stem.role for stem in chapter.stems)
    seen: Counter[Role] = Counter()
    names: list[str] = []
    for stem in chapter.stems:
        role = stem.stem.role
        seen[role] += 1
        index = seen[role] if count[role] > 1 else None
        name = stem_file_name(profile, facts.film.title, chapter.chapter.number, role, index)
        taken = sum(name.casefold() == other.casefold() for other in names)
        names.append(f"{Path(name).stem}_{taken + 1}{Path(name).suffix}" if taken else name)
    return names


def _not_taken(chapter: ChapterFacts) -> list[ConformItem]:
    """Return the sound files that were found but are nobody's stem: a person must say what they are."""
    number, delivery = chapter.chapter.number, chapter.delivery
    items = []
    for role, paths in delivery.candidates.items():
        reason = f"{len(paths)} files claim to be {role}; none is taken until one is chosen"
        items += [ConformItem(number, role, path, str(path), ItemStatus.SKIPPED, reason=reason) for path in paths]
    for unplaced in delivery.unplaced:
        reason = _WHY_UNPLACED[unplaced.reason]
        items.append(ConformItem(number, None, unplaced.path, str(unplaced.path), ItemStatus.SKIPPED, reason=reason))
    return items


_WHY_UNPLACED = {
    UnplacedReason.NO_ROLE: "its name says no role",
    UnplacedReason.TWO_ROLES: "its name says two roles",
    UnplacedReason.MIX: "its name says that it is a mix, not a stem",
}
