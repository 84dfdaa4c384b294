"""What the mix would take of each stem, and what it would add for each chapter."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from stemkit.core.block import Stream
from stemkit.core.errors import RenderError
from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, StemFacts, StreamOf
from stemkit.core.finding import Finding, Outcome, Severity
from stemkit.core.layout import LAYOUTS
from stemkit.core.lengths import picture_samples
from stemkit.core.media import MediaInfo
from stemkit.core.positions import film_samples_of
from stemkit.core.profile import Profile
from stemkit.core.steps import FitLength, PickChannels, RemapChannels, Resample, Step
from stemkit.dsp.streams import add, pad_to, skip, take
from stemkit.intake._work import Task, Work
from stemkit.meters._ledger import Ledger
from stemkit.meters.integrity import Integrity
from stemkit.meters.sample_peak import SamplePeak, peak_of
from stemkit.meters.true_peak import TruePeak
from stemkit.plan.storage import full_scale, largest_converted
from stemkit.render.conform import in_order, process_stream, shape_after
from stemkit.rules._base import fit_of
from stemkit.rules._engine import all_rules, run_rules

_SHAPING_RULES = ("FMT001", "FMT003", "LEN001")
_SHAPING_STEPS = (PickChannels, RemapChannels, Resample, FitLength)

_Place = tuple[int, Path]


@dataclass(frozen=True, slots=True)
class _Part:
    """One stem of a chapter's sum."""

    media: MediaInfo
    steps: tuple[Step, ...]
    head_samples: int
    digest: str

    @property
    def key(self) -> str:
        return f"{self.digest} {self.media.length_samples} {self.media.sample_rate_hz} {self.steps!r}"

    @property
    def length_samples(self) -> int:
        return shape_after(self.media, self.steps).length_samples


def add_sums(facts: FilmFacts, ledgers: Mapping[Path, Ledger], work: Work) -> FilmFacts:
    """Return the facts with the readings of the conformed stems and of the chapters' sums, where they are needed."""
    kinds = {need.of for need in work.needs}
    if StreamOf.CONFORMED not in kinds and StreamOf.CHAPTER_SUM not in kinds:
        return replace(facts, chapters=tuple(replace(one, sum_reason="not measured") for one in facts.chapters))
    steps = safe_shaping(facts)
    parts = [_parts(chapter, facts, steps, ledgers) for chapter in facts.chapters]
    lengths = (part.length_samples for one in parts for part in one.values())
    task = Task("adding up the chapters", sum(lengths), work.progress)

    def listen(index: int) -> ChapterFacts:
        return _with_sum(facts.chapters[index], parts[index], facts, work, task)

    return replace(facts, chapters=tuple(work.each(range(len(parts)), listen)))


def safe_shaping(facts: FilmFacts) -> dict[_Place, tuple[Step, ...] | None]:
    """Return the safe steps of rate, layout and length of every stem, under its chapter's number and its path.

    `None` stands for a stem that needs something that no tool can do safely.
    """
    rules = [rule for rule in all_rules() if rule.code in _SHAPING_RULES]
    asked: dict[_Place, list[Finding]] = {
        (chapter.chapter.number, stem.stem.path): [] for chapter in facts.chapters for stem in chapter.stems
    }
    for finding in run_rules(facts, rules).findings:
        number, path = finding.where.chapter, finding.where.path
        if number is not None and path is not None and finding.outcome is Outcome.FAIL:
            asked[number, path].append(finding)
    return {place: _safe_steps(findings) for place, findings in asked.items()}


def _safe_steps(findings: Sequence[Finding]) -> tuple[Step, ...] | None:
    # A warning that asks for nothing, such as that an end was made to fit before, keeps no stem from being used.
    if any(finding.fix != "safe" and (finding.fixes or finding.severity is Severity.ERROR) for finding in findings):
        return None
    steps = chain.from_iterable(finding.fixes for finding in findings)
    return in_order({step for step in steps if isinstance(step, _SHAPING_STEPS)})


def _parts(
    chapter: ChapterFacts,
    facts: FilmFacts,
    shaping: Mapping[_Place, tuple[Step, ...] | None],
    ledgers: Mapping[Path, Ledger],
) -> dict[Path, _Part]:
    rate_hz, rate = facts.profile.format.sample_rate_hz, facts.film.frame_rate
    parts = {}
    for stem in chapter.stems:
        path, steps = stem.stem.path, shaping[chapter.chapter.number, stem.stem.path]
        if stem.media is None or path not in ledgers or steps is None:
            continue
        fit = fit_of(stem, chapter, facts)
        head = rate.samples_at(fit.handles.head_frames, rate_hz) if fit and rate else 0
        parts[path] = _Part(stem.media, steps, head, ledgers[path].digest)
    return parts


def _with_sum(
    chapter: ChapterFacts, parts: Mapping[Path, _Part], facts: FilmFacts, work: Work, task: Task
) -> ChapterFacts:
    stems = []
    for stem in chapter.stems:
        part = parts.get(stem.stem.path)
        if part is not None and part.steps:
            stem = replace(stem, conformed=_as_conformed(part, stem, facts.profile, work))  # noqa: PLW2901
        stems.append(stem)
    chapter = replace(chapter, stems=tuple(stems))
    if all(need.of is not StreamOf.CHAPTER_SUM for need in work.needs):
        return replace(chapter, sum_reason="not measured")
    reason = _why_no_sum(chapter, facts.profile, set(parts))
    if reason is not None:
        return replace(chapter, sum_reason=reason)
    try:
        ledger = _sum(chapter, list(parts.values()), facts, work, task)
    except RenderError as error:
        return replace(chapter, sum_reason=error.problems[0].message)
    return replace(chapter, sum=work.measured(ledger, StreamOf.CHAPTER_SUM))


def _why_no_sum(chapter: ChapterFacts, profile: Profile, usable: set[Path]) -> str | None:
    """Return why a chapter has no sum: it is either all that the mix would add, or not measured."""
    there = {stem.stem.role for stem in chapter.stems}
    for role in profile.roles.required:
        if role in chapter.delivery.candidates:
            return f"several files claim to be {role}"
        if role not in there and role not in chapter.chapter.intentionally_silent:
            return f"{role} is missing"
    for stem in chapter.stems:
        integrity = stem.measured.get(Integrity)
        if stem.stem.path not in usable or (integrity is not None and integrity.non_finite_samples):
            return f"{stem.stem.role} cannot be used as it is"
    return None if chapter.stems else "there are no stems"


def _length_alone(chapter: ChapterFacts, parts: Sequence[_Part], facts: FilmFacts) -> int:
    """Return the length of a chapter whose place in the film is not known."""
    frames, rate = chapter.chapter.length_frames, facts.film.frame_rate
    if frames is None or rate is None:
        return max(part.length_samples for part in parts)
    return picture_samples(frames, rate, facts.profile.format.sample_rate_hz)


def _as_conformed(part: _Part, stem: StemFacts, profile: Profile, work: Work) -> Measured:
    """Return what is needed to know of a stem as the mix would take it; of its peak only where it may matter."""
    if any(need.of is StreamOf.CONFORMED and need.what is not SamplePeak for need in work.needs):
        return work.measured(_conformed(part, profile, work), StreamOf.CONFORMED)
    delivered, integrity = stem.measured.get(TruePeak), stem.measured.get(Integrity)
    if integrity is not None and integrity.non_finite_samples:
        return Measured()
    largest_integer = full_scale("PCM_16" if profile.format.bit_depth_bits == 16 else "PCM_24")
    if delivered is not None and largest_converted(part.steps, delivered.max_amplitude) < largest_integer:
        return Measured()
    return Measured({SamplePeak: _peak(part, work)})


def _peak(part: _Part, work: Work) -> SamplePeak:
    key = hashlib.sha256(f"peak {part.key}".encode()).hexdigest()
    kept = work.store.get_arrays(key, "peak", work.versions) if work.store is not None else None
    try:
        if kept is not None:
            return SamplePeak.from_arrays(kept)
    except (KeyError, TypeError, ValueError):
        pass
    peak = peak_of(process_stream(part.media, part.steps))
    if work.store is not None:
        work.store.put_arrays(key, "peak", work.versions, peak.as_arrays())
    return peak


def _conformed(part: _Part, profile: Profile, work: Work) -> Ledger:
    silent_task = Task("converting", part.length_samples, lambda _: None)
    return work.derive(f"conformed {part.key}", profile, lambda: process_stream(part.media, part.steps), silent_task)


def _sum(chapter: ChapterFacts, parts: Sequence[_Part], facts: FilmFacts, work: Work, task: Task) -> Ledger:
    rate_hz, channels = facts.profile.format.sample_rate_hz, LAYOUTS[facts.profile.format.layout].count
    span = film_samples_of(facts.film, chapter.chapter.number, rate_hz)
    length = span[1] - span[0] if span else _length_alone(chapter, parts, facts)

    def picture_of(part: _Part) -> Stream:
        sound = skip(process_stream(part.media, part.steps), part.head_samples)
        return pad_to(take(sound, length), length, channels)

    places = " + ".join(f"{part.key} at {part.head_samples}" for part in parts)
    what = f"the sum over {length} samples of {places}"
    ledger = work.derive(what, facts.profile, lambda: add(*map(picture_of, parts)), Task("", 0, lambda _: None))
    task.advance(sum(part.length_samples for part in parts), chapter.chapter.title)
    return ledger
