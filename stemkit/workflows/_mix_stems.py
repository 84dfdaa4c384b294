"""Which stems a mix takes, with which steps, and which it cannot take, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Outcome, Severity
from stemkit.core.media import MediaInfo
from stemkit.meters.integrity import Integrity
from stemkit.plan.conform import ConformItem, ConformPlan, ItemStatus
from stemkit.plan.timeline import handles_held
from stemkit.render.conform import shape_after
from stemkit.texts import render

_NOT_AUDIO, _NON_FINITE, _LENGTH, _ABSENT = "FMT007", "SIG001", "LEN001", "STM001"
_RATE, _DEPTH, _LAYOUT = "FMT001", "FMT002", "FMT003"
_UNPLACED, _CANDIDATES = "STM002", "STM006"
_PLAIN = {
    _ABSENT: "there is no file for it",
    _NOT_AUDIO: "it cannot be read to its end",
    _NON_FINITE: "it holds values that are no numbers",
    _LENGTH: "its length fits neither the picture nor the picture with its handles",
    _RATE: "its sample rate is not the programme's",
    _DEPTH: "it cannot be stored as the profile asks",
    _LAYOUT: "its channels cannot be brought to the programme's layout",
    _CANDIDATES: "several files claim to be it",
}


@dataclass(frozen=True, slots=True, eq=False)
class TakenStem:
    """A stem that the mix takes: read in place, or after its safe steps. Two are the same only if they are one."""

    chapter: int
    role: Role
    media: MediaInfo
    item: ConformItem

    @property
    def is_in_place(self) -> bool:
        """Whether the file is read as it was delivered."""
        return not self.item.changes_file


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stem that the mix cannot take, or that is not there."""

    chapter: int
    role: Role | None
    path: str | None
    code: str
    reason: str
    advice: str

    def as_refused(self) -> dict[str, Any]:
        """Return it as an entry of ``refused``."""
        role = self.role.value if self.role else None
        return {
            "chapter": self.chapter,
            "role": role,
            "code": self.code,
            "reason": self.reason,
            "advice": self.advice,
        }

    def as_missing(self) -> dict[str, Any]:
        """Return it as an entry of ``missing``."""
        role = self.role.value if self.role else None
        return {"chapter": self.chapter, "role": role, "path": self.path, "reason": self.reason}


def choose_stems(
    facts: FilmFacts, findings: Sequence[Finding], plan: ConformPlan
) -> tuple[tuple[TakenStem, ...], tuple[LeftOut, ...]]:
    """Sort the delivered stems into those that the mix takes and those that it cannot.

    Only what makes a stem unusable counts: what cannot be read to its end, is no number, has no role or
    two candidates, or has a form or length without a safe fix. What is heard in it is never a reason.
    """
    items = {(item.chapter, item.role, item.source): item for item in plan.items}
    taken: list[TakenStem] = []
    left: list[LeftOut] = []
    for chapter in facts.chapters:
        number = chapter.chapter.number
        for stem in chapter.stems:
            item = items[number, stem.stem.role, stem.stem.path]
            code = _why_not(stem, chapter, item, facts, findings)
            if code is None and stem.media is not None:
                taken.append(TakenStem(number, stem.stem.role, stem.media, item))
            elif code is not None:
                told = _find(findings, code, number, stem.stem.role, stem.stem.path)
                left.append(_left_out(number, stem.stem.role, code, told, stem.stem.declared_path))
        left.extend(_absent(chapter, facts, findings))
    return tuple(taken), tuple(left)


def _absent(chapter: ChapterFacts, facts: FilmFacts, findings: Sequence[Finding]) -> Iterator[LeftOut]:
    number, there = chapter.chapter.number, {stem.stem.role for stem in chapter.stems}
    gaps = 0
    for role in Role:
        if role in chapter.delivery.candidates:
            told = _find(findings, _CANDIDATES, number, role)
            yield _left_out(number, role, _CANDIDATES, told, None)
        elif role in facts.profile.roles.required and role not in there | chapter.chapter.intentionally_silent:
            gaps += 1
            yield _left_out(number, role, _ABSENT, _find(findings, _ABSENT, number, role), None)
    for finding in findings if gaps else ():
        where = finding.where
        if (finding.code, where.chapter) == (_UNPLACED, number) and finding.severity is Severity.ERROR:
            yield _left_out(number, where.role, _UNPLACED, finding, str(where.path) if where.path else None)


def _why_not(
    stem: StemFacts, chapter: ChapterFacts, item: ConformItem, facts: FilmFacts, findings: Sequence[Finding]
) -> str | None:
    """Return the code of what makes a stem unusable, `None` if nothing does."""
    integrity = stem.measured.get(Integrity)
    if stem.media is None:
        return _ABSENT
    if not stem.media.is_usable:
        return _NOT_AUDIO
    if integrity is not None and integrity.non_finite_samples:
        return _NON_FINITE
    length = _find(findings, _LENGTH, chapter.chapter.number, stem.stem.role, stem.stem.path)
    if length is not None and length.is_blocking and length.fix != "safe":
        return _LENGTH
    if item.status is ItemStatus.FAILED:
        return _DEPTH
    return _misfit(stem.media, item, chapter, facts)


def _misfit(media: MediaInfo, item: ConformItem, chapter: ChapterFacts, facts: FilmFacts) -> str | None:
    """Return what is still wrong with the form of a stem after its steps, whatever rules were selected."""
    form = facts.profile.format
    shape = shape_after(media, item.steps if item.changes_file else ())
    if shape.sample_rate_hz != form.sample_rate_hz:
        return _RATE
    if shape.layout is None or shape.layout.name != form.layout:
        return _LAYOUT
    handles = handles_held(shape.length_samples, chapter.chapter, facts.film.frame_rate, form.sample_rate_hz)
    return _LENGTH if handles is None else None


def _find(findings: Sequence[Finding], code: str, chapter: int, role: Role, path: Path | None = None) -> Finding | None:
    for finding in findings:
        where = finding.where
        # what is missing altogether is told once for the whole chapter
        is_here = (finding.code, where.chapter) == (code, chapter) and where.role in (role, None)
        if is_here and finding.outcome is Outcome.FAIL and (path is None or where.path in (path, None)):
            return finding
    return None


def _left_out(chapter: int, role: Role | None, code: str, told: Finding | None, path: str | None) -> LeftOut:
    if told is not None:
        return LeftOut(chapter, role, path, code, *render(told))
    return LeftOut(chapter, role, path, code, _PLAIN[code], "run 'stemkit check' on the film and ask for a new stem")
