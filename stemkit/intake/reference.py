"""Reference mixes: what somebody mixed from a chapter's stems, compared with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.block import Block, Stream
from stemkit.core.errors import MediaError
from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, Need, StemFacts, StreamOf
from stemkit.core.film import Chapter, Film
from stemkit.core.lengths import fit_length
from stemkit.core.media import MediaInfo
from stemkit.dsp.resample import resample
from stemkit.intake._exact_lag import Placed, exact_lag
from stemkit.intake._work import Task, Work
from stemkit.meters._ledger import Ledger
from stemkit.meters.reference import RATE_HZ, VERSION, Floats, ReferenceFit, fit_reference
from stemkit.rules._base import fit_of
from stemkit.store.facts import stored_digest

_MOST_SECONDS = 600
"""Memory is bounded: of longer chapters the beginning is compared."""


def add_references(facts: FilmFacts, ledgers: Mapping[Path, Ledger], work: Work) -> FilmFacts:
    """Return the facts with the chapters' reference mixes compared, where there are any and a rule asks."""
    with_mix = [one for one in facts.chapters if one.chapter.reference_mix is not None]
    if not with_mix or Need(StreamOf.ROLES, ReferenceFit) not in work.needs:
        return facts
    task = Task("comparing the reference mixes", len(with_mix), work.progress)

    def compare(chapter: ChapterFacts) -> ChapterFacts:
        if chapter.chapter.reference_mix is None:
            return chapter
        fit = _compared(chapter, facts, ledgers, work)
        task.advance(1, chapter.chapter.title)
        return replace(chapter, together=Measured({**chapter.together.readings, ReferenceFit: fit}))

    return replace(facts, chapters=tuple(work.each(facts.chapters, compare)))


def _compared(chapter: ChapterFacts, facts: FilmFacts, ledgers: Mapping[Path, Ledger], work: Work) -> ReferenceFit:
    path = chapter.chapter.reference_mix
    assert path is not None
    stems = [stem for stem in chapter.stems if stem.media is not None and stem.stem.path in ledgers]
    if not stems or len(stems) < len(chapter.stems):
        return ReferenceFit(reason="a stem of the chapter cannot be read")
    try:
        media = probe(path)
        if media.problem is not None and media.problem.is_fatal:
            return ReferenceFit(reason=f"the reference mix cannot be read: {media.problem.detail}")
        ledger = work.scan(media, Task("", 0, lambda _: None), 1)
        heads = [_head_s(stem.media, chapter, facts) for stem in stems]
        film = facts.film
        own_head = _mix_head_s(media, chapter.chapter, film, facts.profile.format.sample_rate_hz)
        parts = [
            f"{stem.stem.role} {stored_digest(ledgers[stem.stem.path])} {head}"
            for stem, head in zip(stems, heads, strict=True)
        ]
        key = hashlib.sha256("\n".join([stored_digest(ledger), str(own_head), *parts]).encode()).hexdigest()
        if (kept := _kept(key, work)) is not None:
            return kept
        mix = Placed(media, _sketch(media, own_head), own_head)
        fit = _fitted(mix, stems, heads, facts.profile.format.sample_rate_hz)
    except MediaError as error:
        return ReferenceFit(reason=f"the reference mix cannot be read: {error.problems[0].message}")
    if work.store is not None:
        work.store.put_arrays(key, "reference", {"reference": VERSION}, fit.as_arrays())
    return fit


def _fitted(mix: Placed, stems: Sequence[StemFacts], heads: Sequence[float], rate_hz: int) -> ReferenceFit:
    placed = [
        Placed(stem.media, _sketch(stem.media, head), head)
        for stem, head in zip(stems, heads, strict=True)
        if stem.media is not None
    ]
    fit = fit_reference(mix.sketch, [(stem.stem.role, one.sketch) for stem, one in zip(stems, placed, strict=True)])
    if not fit.parts:
        return fit
    parts = (
        replace(part, lag_samples=exact_lag(mix, one, part.lag_s, rate_hz)) if part.lag_s else part
        for part, one in zip(fit.parts, placed, strict=True)
    )
    return replace(fit, parts=tuple(parts))


def compared_again(chapter: ChapterFacts, facts: FilmFacts) -> ReferenceFit | None:
    """Return how stems that were just written make up the chapter's reference mix; `None` where there is none.

    Raises
    ------
    MediaError
        If a file cannot be read to its end.
    """
    path = chapter.chapter.reference_mix
    if path is None:
        return None
    media = probe(path)
    head = _mix_head_s(media, chapter.chapter, facts.film, facts.profile.format.sample_rate_hz)
    heads = [_head_s(stem.media, chapter, facts) for stem in chapter.stems]
    mix = Placed(media, _sketch(media, head), head)
    return _fitted(mix, chapter.stems, heads, facts.profile.format.sample_rate_hz)


def _kept(key: str, work: Work) -> ReferenceFit | None:
    arrays = work.store.get_arrays(key, "reference", {"reference": VERSION}) if work.store is not None else None
    try:
        return None if arrays is None else ReferenceFit.from_arrays(arrays)
    except (KeyError, TypeError, ValueError):
        return None


def _head_s(media: MediaInfo | None, chapter: ChapterFacts, facts: FilmFacts) -> float:
    stem = next(one for one in chapter.stems if one.media is media)
    fit, rate = fit_of(stem, chapter, facts), facts.film.frame_rate
    return fit.handles.head_frames / float(rate.fps) if fit and rate else 0.0


def _mix_head_s(media: MediaInfo, chapter: Chapter, film: Film, rate_hz: int) -> float:
    if chapter.length_frames is None or film.frame_rate is None:
        return 0.0
    fit = fit_length(media.length_samples, media.sample_rate_hz, rate_hz, chapter, film.frame_rate)
    return fit.handles.head_frames / float(film.frame_rate.fps) if fit.is_right else 0.0


def _sketch(media: MediaInfo, head_s: float) -> Floats:
    """Return a mono sketch of a file from the picture's start, at 12 kHz."""
    parts: list[Block] = []
    room = round((_MOST_SECONDS + head_s) * RATE_HZ)
    for block in resample(_mono(media), media.sample_rate_hz, RATE_HZ, 1, media.length_samples):
        parts.append(block[:room])
        room -= len(block)
        if room <= 0:
            break
    sound = np.concatenate([*parts, np.zeros((0, 1))])[:, 0]
    return sound[round(head_s * RATE_HZ) :]


def _mono(media: MediaInfo) -> Stream:
    for block in read_blocks(media):
        yield np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).mean(axis=1, keepdims=True)
