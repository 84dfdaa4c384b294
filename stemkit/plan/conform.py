"""Findings into a plan: which steps each stem takes, what stays as it is, what a person must do.

The plan is pure data; what is shown by ``conform --plan`` is the object that runs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from stemkit.audio.channel_files import channel_names
from stemkit.core.facts import ChapterFacts, Delivery, FilmFacts, StemFacts, UnplacedReason
from stemkit.core.film import Film, Role
from stemkit.core.finding import Finding, Outcome
from stemkit.core.layout import LAYOUTS
from stemkit.core.naming import same_name, stem_file_name
from stemkit.core.profile import Profile
from stemkit.core.steps import ApplyGain, Rename, Requantise, Retag, Rewrap, RunInserts, Step
from stemkit.meters.integrity import Integrity
from stemkit.meters.sample_peak import SamplePeak
from stemkit.meters.true_peak import TruePeak
from stemkit.plan.asked import Asked, Choice
from stemkit.plan.item import ConformItem, ConformPlan, ItemStatus
from stemkit.plan.storage import (
    WRITABLE,
    changes_values,
    complete,
    in_order,
    largest_after,
    largest_converted,
    layout_is_known,
)

__all__ = ["ConformItem", "ConformPlan", "ItemStatus", "plan_conform"]

_MOST_GROWTH = 2.0  # by which a conversion of rate may raise the largest sample of any ordinary sound


def plan_conform(
    facts: FilmFacts, findings: Sequence[Finding], profile: Profile, choice: Choice | None = None
) -> ConformPlan:
    """Make the plan of a delivery.

    Parameters
    ----------
    facts
        With the `SamplePeak` of the conformed streams, where they were measured.
    findings
        What the rules found; waived ones ask for nothing.
    profile
        What the stems are to be brought to.
    choice
        Which of the steps are to be taken; all safe ones by default.

    Raises
    ------
    PlanConflict
        If two rules contradict each other.
    """
    items: list[ConformItem] = []
    for chapter in facts.chapters:
        planned = []
        for stem in chapter.stems:
            asked = _asked(stem, chapter, findings, choice or Choice())
            _add_inserts(asked, facts.film, stem.stem.role)
            asked.settle_rate(profile.format.sample_rate_hz)
            asked.settle_gain()
            planned.append(_item(stem, chapter, asked, profile))
        names = _names(chapter, planned, facts, profile)
        for stem, item, name in zip(chapter.stems, planned, names, strict=True):
            items.append(_packed(_placed(item, name), profile, is_split=bool(stem.stem.parts)))
        items.extend(_not_taken(chapter))
    return ConformPlan(tuple(items))


def _asked(stem: StemFacts, chapter: ChapterFacts, findings: Sequence[Finding], choice: Choice) -> Asked:
    asked, number = Asked(choice), chapter.chapter.number
    for finding in findings:
        where = finding.where
        is_here = (where.chapter, where.role, where.path) == (number, stem.stem.role, stem.stem.path)
        if is_here and finding.outcome is Outcome.FAIL and finding.waived_by is None:
            asked.take(finding)
    return asked


def _add_inserts(asked: Asked, film: Film, role: Role) -> None:
    """Add the effects that the film file declares for a role: they are asked for by name, so they do not wait."""
    effects = film.inserts.get(role, ())
    if effects and (asked.choice.kinds is None or RunInserts.kind in asked.choice.kinds):
        asked.wanted[RunInserts] = RunInserts(effects)
        asked.codes[RunInserts.kind] = ["film file"]


def _item(stem: StemFacts, chapter: ChapterFacts, asked: Asked, profile: Profile) -> ConformItem:
    source = stem.stem
    item = ConformItem(
        chapter.chapter.number, source.role, source.path, source.declared_path, ItemStatus.UNCHANGED, stem.media
    )
    stopped = _stopped(item, stem, asked)
    item = stopped if stopped is not None else _with_steps(item, stem, asked, profile)
    codes = {kind: tuple(askers) for kind, askers in asked.codes.items()}
    return replace(item, waiting=in_order(asked.waiting.values()), codes=codes)


def _stopped(item: ConformItem, stem: StemFacts, asked: Asked) -> ConformItem | None:
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
    if Retag in asked.waiting:
        steps = in_order((*asked.wanted.values(), *asked.waiting.values()))
        return replace(item, status=ItemStatus.SKIPPED, reason=asked.reason, steps=steps)
    if not layout_is_known(media, asked.wanted.values()):
        reason = asked.reason or "the order of its channels is unknown"
        return replace(item, status=ItemStatus.SKIPPED, reason=reason)
    return None


def _with_steps(item: ConformItem, stem: StemFacts, asked: Asked, profile: Profile) -> ConformItem:
    media, reason = stem.media, asked.reason
    assert media is not None
    if not asked.wanted:
        return replace(item, status=ItemStatus.SKIPPED if reason else ItemStatus.UNCHANGED, reason=reason)
    wanted = asked.by_the_way | asked.wanted
    has_room = profile.format.float_accepted and changes_values(media, wanted.values())
    amplitude = _amplitude(stem, wanted.values(), growth=_MOST_GROWTH if has_room else 1.0)
    if amplitude is not None:
        # Where there is no float, only a gain is sure to bring the peak to a known place.
        counted = [step for step in wanted.values() if has_room or isinstance(step, ApplyGain)]
        amplitude = largest_after(counted, amplitude)
    steps, too_loud = complete(media, wanted.values(), amplitude, profile.format)
    if too_loud is not None:
        gain = ApplyGain(-math.ceil(100.0 * too_loud) / 100.0)
        why = f"after its steps it is {too_loud:.2f} dB over full scale, and the profile takes no 32-bit float"
        return replace(item, status=ItemStatus.FAILED, reason=why, steps=in_order((*steps, gain)))
    return replace(item, status=ItemStatus.PLANNED, reason=reason, steps=steps)


def _amplitude(stem: StemFacts, steps: Iterable[Step], *, growth: float) -> float | None:
    """Return the largest amplitude of a stem after its steps; where it was not measured, the largest there may be."""
    if (converted := stem.conformed.get(SamplePeak)) is not None:
        return converted.max_amplitude
    delivered, curve = stem.measured.get(SamplePeak), stem.measured.get(TruePeak)
    if growth > 1.0 and curve is not None:
        return largest_converted(steps, curve.max_amplitude)
    return None if delivered is None else delivered.max_amplitude * growth


def _placed(item: ConformItem, name: str) -> ConformItem:
    """Give an item its place in the conformed tree; files that cannot be read have none."""
    if item.media is None or not item.media.is_usable:
        return item
    suffix = Path(name).suffix if item.changes_file else item.source.suffix.lower()
    if any(isinstance(step, Rewrap) for step in item.steps) and item.changes_file:
        suffix = ".wav"
    name = f"{Path(name).stem}{suffix}"
    steps = tuple(replace(step, name=name) if isinstance(step, Rename) else step for step in item.steps)
    item = replace(item, output=f"ch{item.chapter:02}/{name}", steps=steps)
    is_named = same_name(item.source.name, name) and not item.changes_file
    return replace(item, status=ItemStatus.UNCHANGED, steps=()) if steps and is_named else item


def _packed(item: ConformItem, profile: Profile, *, is_split: bool) -> ConformItem:
    """Name the files of an item's channels, where the profile wants one for each; what is no WAV is left whole.

    A stem that is right but for the number of its files is written anew.
    """
    item = replace(item, files=_channel_files(item, profile))
    is_right = item.status is ItemStatus.UNCHANGED and item.output is not None
    return replace(item, status=ItemStatus.PLANNED) if is_right and is_split != bool(item.files) else item


def _channel_files(item: ConformItem, profile: Profile) -> tuple[str, ...]:
    media, output = item.media, item.output
    if profile.format.packaging != "discrete-mono" or media is None or output is None:
        return ()
    steps = item.steps if item.status is ItemStatus.PLANNED else ()
    named = [LAYOUTS[str(layout)] for step in steps if (layout := getattr(step, "layout", None)) is not None]
    layout = named[-1] if named else media.layout
    is_whole = not steps and (media.container not in ("WAV", "RF64", "BW64") or media.subtype not in WRITABLE)
    return () if layout is None or layout.count == 1 or is_whole else channel_names(output, layout)


def _names(chapter: ChapterFacts, items: Sequence[ConformItem], facts: FilmFacts, profile: Profile) -> list[str]:
    """Return the profile's names for a chapter's stems, none of them twice."""
    count = Counter(stem.stem.role for stem in chapter.stems)
    seen: Counter[Role] = Counter()
    names: list[str] = []
    for stem, item in zip(chapter.stems, items, strict=True):
        role = stem.stem.role
        seen[role] += 1
        index = seen[role] if count[role] > 1 else None
        number, rate = chapter.chapter.number, facts.film.frame_rate
        name = stem_file_name(profile, facts.film.title, number, role, index, rate, is_float=_is_float(item))
        taken = sum(name.casefold() == other.casefold() for other in names)
        names.append(f"{Path(name).stem}_{taken + 1}{Path(name).suffix}" if taken else name)
    return names


def _is_float(item: ConformItem) -> bool:
    """Tell whether an item is stored in 32-bit float in the end."""
    stored = [step.subtype for step in item.steps if isinstance(step, Requantise)] if item.changes_file else []
    return (stored[-1] if stored else item.media.subtype if item.media is not None else "") == "FLOAT"


def _not_taken(chapter: ChapterFacts) -> list[ConformItem]:
    """Return the sound files that were found but are nobody's stem: a person must say what they are."""
    delivery = chapter.delivery
    items = []
    for role, paths in delivery.candidates.items():
        reason = f"{len(paths)} files claim to be {role}; none is taken until one is chosen"
        items += [_skipped(delivery, role, path, reason) for path in paths]
    for unplaced in delivery.unplaced:
        reason = unplaced.detail or _WHY_UNPLACED[unplaced.reason]
        items.append(_skipped(delivery, None, unplaced.path, reason))
    return items


def _skipped(delivery: Delivery, role: Role | None, path: Path, reason: str) -> ConformItem:
    declared = str(delivery.given.get(path, path))
    return ConformItem(delivery.chapter.number, role, path, declared, ItemStatus.SKIPPED, reason=reason)


_WHY_UNPLACED = {
    UnplacedReason.NO_ROLE: "its name says no role",
    UnplacedReason.TWO_ROLES: "its name says two roles",
    UnplacedReason.MIX: "its name says that it is a mix, not a stem",
    UnplacedReason.ARCHIVE: "it is an archive that was not opened",
}
