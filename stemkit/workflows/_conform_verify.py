"""What was written is checked with the same rules: a repaired fault that is still there is a defect of stemkit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from stemkit.audio.reader import read_blocks
from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, StemFacts, StreamOf
from stemkit.core.finding import Outcome
from stemkit.core.media import MediaInfo
from stemkit.intake.low_band import low_band_of
from stemkit.intake.reference import compared_again
from stemkit.meters._ledger import Ledger
from stemkit.meters._listening import listen, listening_modules, low_band_readings
from stemkit.meters._meter import read
from stemkit.meters.content_scan import ContentScanner
from stemkit.meters.reference import ReferenceFit
from stemkit.plan.conform import ConformItem
from stemkit.rules._engine import rule_of, run_rules

Place = tuple[int, str, Path]
REFERENCE = "STM005"
"""The rule whose repairs are proven against a file that is no stem."""


@dataclass(frozen=True, slots=True)
class Written:
    """Header and readings of a stem that was written."""

    media: MediaInfo
    measured: Measured


def place_of(item: ConformItem) -> Place:
    """Return the place of an item's source in the film."""
    return (item.chapter, item.role or "", item.source)


def repaired_codes(item: ConformItem) -> frozenset[str]:
    """Return the findings that an item's steps were to cure."""
    kinds = {step.kind for step in item.steps}
    waiting = {code for step in item.waiting for code in item.codes.get(step.kind, ())}
    asked = {code for kind, codes in item.codes.items() if kind in kinds for code in codes}
    return frozenset(code for code in asked - waiting if code.isupper())


def readings(item: ConformItem, media: MediaInfo, ledger: Ledger) -> Measured:
    """Return what the rules about an item's repairs need to know of the file that was written."""
    rules = [rule_of(code) for code in repaired_codes(item)]
    wanted = {need.what for rule in rules for need in (*rule.needs, *rule.wants) if need.of is StreamOf.STEM}
    heard = wanted & listening_modules().keys()
    found: dict[type, object] = {what: read(ledger, what) for what in wanted - heard}
    if heard and heard <= low_band_readings():
        low = low_band_of(media)
        found |= {what: listen(low, what) for what in heard}
    elif heard:
        scanner = ContentScanner(media.sample_rate_hz, media.channels)
        for block in read_blocks(media):
            for _ in scanner.push(block):
                pass
        content, _ = scanner.finish()
        found |= {what: listen(content, what) for what in heard}
    return Measured(found)


def still_there(items: Iterable[ConformItem], written: Mapping[Place, Written], facts: FilmFacts) -> dict[Place, str]:
    """Return, by place, the code of a repairable finding that its repair did not cure."""
    codes = {place_of(item): repaired_codes(item) for item in items if place_of(item) in written}
    outputs = {place_of(item): str(item.output) for item in items}
    rules = [rule_of(code) for code in sorted(frozenset().union(*codes.values()))]
    if not rules:
        return {}
    chapters = tuple(_as_written(chapter, written, outputs, codes, facts) for chapter in facts.chapters)
    places = {(place[0], Path(outputs[place])): place for place in codes}
    taken = {place_of(item): {step.kind for step in item.steps} for item in items}
    found: dict[Place, str] = {}
    for finding in run_rules(replace(facts, chapters=chapters), rules).findings:
        where = finding.where
        place = places.get((where.chapter or 0, where.path)) if where.path else None
        is_open = finding.outcome is Outcome.FAIL and finding.fixes and finding.waived_by is None
        is_ours = place is not None and all(step.kind in taken[place] for step in finding.fixes)
        if place is not None and is_open and is_ours and finding.code in codes[place]:
            found.setdefault(place, finding.code)
    return found


def _as_written(
    chapter: ChapterFacts,
    written: Mapping[Place, Written],
    outputs: Mapping[Place, str],
    codes: Mapping[Place, frozenset[str]],
    facts: FilmFacts,
) -> ChapterFacts:
    def place_in(stem: StemFacts) -> Place:
        return (chapter.chapter.number, stem.stem.role, stem.stem.path)

    def changed(stem: StemFacts) -> StemFacts:
        file = written.get(place_in(stem))
        return stem if file is None else StemFacts(stem.stem, file.media, file.measured, Measured())

    def named(stem: StemFacts) -> StemFacts:
        path = outputs.get(place_in(stem))
        if path is None or place_in(stem) not in written or stem.media is None:
            return stem
        return replace(stem, stem=replace(stem.stem, path=Path(path)), media=replace(stem.media, path=Path(path)))

    now = replace(chapter, stems=tuple(map(changed, chapter.stems)), together=Measured())
    if any(REFERENCE in codes.get(place_in(stem), ()) for stem in chapter.stems):
        fit = compared_again(now, facts)
        now = replace(now, together=Measured({ReferenceFit: fit} if fit else {}))
    return replace(now, stems=tuple(map(named, now.stems)))
