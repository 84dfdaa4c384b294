"""The low notes of the stems, where nothing asks for more: a small part of listening to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from stemkit.audio.reader import open_pcm, read_blocks
from stemkit.core.errors import MediaError
from stemkit.core.facts import FilmFacts, Measured, StemFacts
from stemkit.core.media import MediaInfo
from stemkit.intake._work import Task, Work
from stemkit.meters._ledger import Ledger
from stemkit.meters._listening import listen
from stemkit.meters._low_band import LOW_BAND_VERSION, LowBand, LowBandScanner, low_band_as_stored
from stemkit.store.facts import stored_digest

_VERSIONS = {"low_band": LOW_BAND_VERSION}
_nobody: Callable[[int], None] = lambda samples: None  # noqa: E731


def low_band_of(media: MediaInfo, told: Callable[[int], None] | None = None) -> LowBand:
    """Return the low band of a file.

    Raises
    ------
    MediaError
        If it cannot be read to its end.
    """
    told = told or _nobody
    if (file := open_pcm(media)) is not None:
        with file:
            if (found := low_band_as_stored(file, told)) is not None:
                return found
    scanner = LowBandScanner(media.sample_rate_hz, media.channels)
    for block in read_blocks(media):
        scanner.push(block)
        told(len(block))
    return scanner.result()


def add_low_band(facts: FilmFacts, ledgers: Mapping[Path, Ledger], wanted: set[type], work: Work) -> FilmFacts:
    """Return the facts with some readings of the stems' low notes."""
    files = {stem.stem.path: stem.media for one in facts.chapters for stem in one.stems if stem.media is not None}
    paths = [path for path in files if path in ledgers]
    paths.sort(key=lambda path: -files[path].length_samples * files[path].channels)
    task = Task("listening to the low notes", sum(files[path].length_samples for path in paths), work.progress)

    def hear(path: Path) -> LowBand | None:
        return _heard(files[path], stored_digest(ledgers[path]), task, work)

    heard = dict(zip(paths, work.each(paths, hear), strict=True))

    def with_readings(stem: StemFacts) -> StemFacts:
        low = heard.get(stem.stem.path)
        if low is None:
            return stem
        readings = {what: listen(low, what) for what in wanted}
        return replace(stem, measured=Measured({**stem.measured.readings, **readings}))

    chapters = tuple(replace(one, stems=tuple(map(with_readings, one.stems))) for one in facts.chapters)
    return replace(facts, chapters=chapters)


def _heard(media: MediaInfo, digest: str, task: Task, work: Work) -> LowBand | None:
    if (kept := _kept(digest, work)) is not None:
        task.advance(media.length_samples, media.path.name)
        return kept
    try:
        low = low_band_of(media, lambda samples: task.advance(samples, media.path.name))
    except MediaError:
        return None
    if work.store is not None:
        work.store.put_arrays(digest, "low_band", _VERSIONS, low.as_arrays())
    return low


def _kept(digest: str, work: Work) -> LowBand | None:
    arrays = work.store.get_arrays(digest, "low_band", _VERSIONS) if work.store is not None else None
    try:
        return None if arrays is None else LowBand.from_arrays(arrays)
    except (KeyError, TypeError, ValueError):
        return None
