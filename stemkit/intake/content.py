"""What the stems are, rather than how loud: each by itself, a chapter's side by side, the film's side by side."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError
from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, StemFacts
from stemkit.core.film import Role
from stemkit.core.media import MediaInfo
from stemkit.intake._work import Task, Work
from stemkit.intake.kept_readings import content_readings
from stemkit.intake.low_band import add_low_band
from stemkit.meters._content import RATE_HZ, Content, Floats
from stemkit.meters._ledger import Ledger
from stemkit.meters._listening import listening_modules, low_band_readings
from stemkit.meters.content_scan import ContentScanner
from stemkit.meters.relations import Relations, RelationScanner
from stemkit.meters.twins import Print, Twins, find_twins
from stemkit.rules._base import fit_of
from stemkit.store.facts import stored_digest

_Place = tuple[int, Path]


@dataclass(slots=True)
class _Heard:
    """What was heard of one chapter."""

    contents: dict[Path, Content] = field(default_factory=dict)
    relations: Relations | None = None


def add_content(facts: FilmFacts, ledgers: Mapping[Path, Ledger], work: Work, *, only_known: bool = False) -> FilmFacts:
    """Return the facts with the readings of content, where they are needed.

    Parameters
    ----------
    only_known
        Listen to no chapter anew: of those that no earlier run has listened to, only the low notes are read.
    """
    wanted = {need.what for need in work.needs if need.what in listening_modules()}
    together = any(need.what in (Relations, Twins) for need in work.needs)
    if not wanted and not together:
        return facts
    if not together and wanted <= low_band_readings():
        return add_low_band(facts, ledgers, wanted, work)
    lengths = (stem.media.length_samples for one in facts.chapters for stem in one.stems if stem.media)
    task = Task("listening to the stems", sum(lengths), work.progress)

    def hear(chapter: ChapterFacts) -> tuple[ChapterFacts, list[Print]]:
        listener = _ChapterListener(chapter, facts, ledgers, work, task)
        heard = listener.recalled() if only_known else listener.hear()
        if heard is None:
            return chapter, []
        stems = tuple(_with_readings(stem, heard, wanted, ledgers, work) for stem in chapter.stems)
        found = [_print_of(chapter, stem, heard) for stem in stems if stem.stem.path in heard.contents]
        side_by_side = Measured({Relations: heard.relations} if heard.relations else {})
        return replace(chapter, stems=stems, together=side_by_side), found

    results: list[tuple[ChapterFacts, list[Print]]] = work.each(facts.chapters, hear)
    chapters = tuple(chapter for chapter, _ in results)
    if only_known:
        chapters = _with_low_notes(chapters, facts, ledgers, wanted & low_band_readings(), work)
    twins = find_twins([found for _, prints in results for found in prints])
    return replace(facts, chapters=chapters, together=Measured({Twins: twins}))


def _with_low_notes(
    chapters: Sequence[ChapterFacts], facts: FilmFacts, ledgers: Mapping[Path, Ledger], wanted: set[type], work: Work
) -> tuple[ChapterFacts, ...]:
    """Return the chapters, of which those that were not listened to have some readings of their low notes."""
    others = replace(facts, chapters=tuple(one for one in chapters if not was_listened_to(one)))
    read = iter(add_low_band(others, ledgers, wanted, work).chapters)
    return tuple(one if was_listened_to(one) else next(read) for one in chapters)


def was_listened_to(chapter: ChapterFacts) -> bool:
    """Tell whether a chapter has the readings of content, or nothing that there could be any of."""
    return Relations in chapter.together.readings or not any(stem.measured.readings for stem in chapter.stems)


def _with_readings(
    stem: StemFacts, heard: _Heard, wanted: set[type], ledgers: Mapping[Path, Ledger], work: Work
) -> StemFacts:
    content = heard.contents.get(stem.stem.path)
    if content is None:
        return stem
    readings = content_readings(content, wanted, stored_digest(ledgers[stem.stem.path]), work)
    return replace(stem, measured=Measured({**stem.measured.readings, **readings}))


def _print_of(chapter: ChapterFacts, stem: StemFacts, heard: _Heard) -> Print:
    content = heard.contents[stem.stem.path]
    return Print(chapter.chapter.number, stem.stem.path, stem.stem.role, content.print_bits, content.levels_db)


class _ChapterListener:
    """One chapter: its stems are read side by side, in step, so that no more than some seconds are held."""

    def __init__(
        self, chapter: ChapterFacts, facts: FilmFacts, ledgers: Mapping[Path, Ledger], work: Work, task: Task
    ) -> None:
        self._chapter, self._facts, self._work, self._task = chapter, facts, work, task
        self._stems = [stem for stem in chapter.stems if stem.media is not None and stem.stem.path in ledgers]
        self._digests = {stem.stem.path: stored_digest(ledgers[stem.stem.path]) for stem in self._stems}
        self._versions = {name: work.versions.get(name, 0) for name in ("content_scan", "relations")}

    def hear(self) -> _Heard:
        """Return what is known of the chapter, from earlier runs or by listening."""
        heard = self.recalled() or _Heard()
        if heard.relations is None:
            self._listen(heard)
        return heard

    def recalled(self) -> _Heard | None:
        """Return what earlier runs have heard of the chapter, `None` where that is not all."""
        relations = self._known_relations()
        contents = {stem.stem.path: self._known_content(stem.stem.path) for stem in self._stems} if relations else {}
        known = {path: content for path, content in contents.items() if content is not None}
        return _Heard(known, relations) if relations is not None and len(known) == len(self._stems) else None

    def _listen(self, heard: _Heard) -> None:
        lines = [_Line(stem, self._head(stem), self._task) for stem in self._stems]
        roles = tuple(dict.fromkeys(line.role for line in lines))
        scanner = RelationScanner(roles)
        for sketches in _in_step(lines):
            scanner.push(sketches)
        heard.relations = scanner.result()
        heard.contents = {line.path: line.content for line in lines if line.content is not None}
        store = self._work.store
        if store is None:
            return
        store.put_arrays(self._relations_key(), "relations", self._versions, heard.relations.as_arrays())
        for path, content in heard.contents.items():
            store.put_arrays(self._digests[path], "content", self._versions, content.as_arrays())

    def _head(self, stem: StemFacts) -> int:
        """Return how many samples of the sketch stand before the picture."""
        fit, rate = fit_of(stem, self._chapter, self._facts), self._facts.film.frame_rate
        return rate.samples_at(fit.handles.head_frames, RATE_HZ) if fit and rate else 0

    def _known_content(self, path: Path) -> Content | None:
        arrays = None
        if self._work.store is not None:
            arrays = self._work.store.get_arrays(self._digests[path], "content", self._versions)
        try:
            return None if arrays is None else Content.from_arrays(arrays)
        except (KeyError, TypeError, ValueError):
            return None

    def _known_relations(self) -> Relations | None:
        arrays = None
        if self._work.store is not None:
            arrays = self._work.store.get_arrays(self._relations_key(), "relations", self._versions)
        try:
            return None if arrays is None else Relations.from_arrays(arrays)
        except (KeyError, TypeError, ValueError):
            return None

    def _relations_key(self) -> str:
        parts = [f"{stem.stem.role} {self._digests[stem.stem.path]} {self._head(stem)}" for stem in self._stems]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class _Line:
    """One stem on its way through the content scan."""

    def __init__(self, stem: StemFacts, head: int, task: Task) -> None:
        assert stem.media is not None
        self.role, self.path = stem.stem.role, stem.stem.path
        self.content: Content | None = None
        self.position = 0
        self._head = head
        self._sketches = self._read(stem.media, task)

    def _read(self, media: MediaInfo, task: Task) -> Iterator[Floats]:
        scanner = ContentScanner(media.sample_rate_hz, media.channels)
        try:
            for block in read_blocks(media):
                yield from scanner.push(block)
                task.advance(len(block), media.path.name)
        except MediaError:
            return
        self.content, rest = scanner.finish()
        yield rest

    def next(self) -> Floats | None:
        """Return the next of the sketch from the picture on, `None` at the end."""
        for sketch in self._sketches:
            skipped = min(self._head, len(sketch))
            self._head -= skipped
            self.position += len(sketch) - skipped
            return sketch[skipped:]
        return None


def _in_step(lines: Sequence[_Line]) -> Iterator[dict[Role, Floats]]:
    """Read all lines, the one that is furthest back first; lines of one role are added.

    Behind the end of the shortest line the others are read on, but there is nothing left to compare.
    """
    waiting: dict[Role, dict[_Line, Floats]] = {}
    for line in lines:
        waiting.setdefault(line.role, {})[line] = np.zeros(0)
    running, end = list(lines), sys.maxsize
    while running:
        line = min(running, key=lambda one: one.position)
        before, sketch = line.position, line.next()
        if sketch is None:
            running.remove(line)
            end = min(end, line.position)
        if sketch is None or before >= end:
            continue
        own = waiting[line.role]
        own[line] = np.concatenate([own[line], sketch])
        ready = min(map(len, own.values()))
        if ready:
            total = np.zeros(ready)
            for other in own:
                total += own[other][:ready]
                own[other] = own[other][ready:]
            yield {line.role: total}
