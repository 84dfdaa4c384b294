"""The second, slow listening that ``check --deep`` asks for: music once more, for voices in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from stemkit.audio.reader import read_blocks
from stemkit.core.block import Stream
from stemkit.core.errors import MediaError
from stemkit.core.facts import FilmFacts, Measured, StemFacts
from stemkit.core.film import Role
from stemkit.core.media import MediaInfo
from stemkit.core.progress import Event, Progress
from stemkit.dsp.resample import resample
from stemkit.meters._content import RATE_HZ, Floats
from stemkit.meters._deep_likeness import DeepLikeness, listen_deeply
from stemkit.meters.content_scan import channel_weights
from stemkit.meters.likeness import Likeness

_MOST_S = 120.0
"""Of each stem, from where the first listening heard most of a voice: memory and patience are bounded."""


def add_deep_likeness(facts: FilmFacts, progress: Progress) -> FilmFacts:
    """Return the facts with a second opinion on voices in music."""
    wanted = [stem for chapter in facts.chapters for stem in chapter.stems if _is_wanted(stem)]
    if not wanted:
        return facts
    progress(Event("loading librosa, whose first use compiles for some seconds", 0, 1))
    again = {}
    for at, stem in enumerate(wanted):
        assert stem.media is not None
        progress(Event("listening again for voices", at, len(wanted), stem.media.path.name))
        again[id(stem)] = _heard(stem, stem.media)
    progress(Event("listening again for voices", len(wanted), len(wanted)))
    chapters = [
        replace(chapter, stems=tuple(again.get(id(stem), stem) for stem in chapter.stems)) for chapter in facts.chapters
    ]
    return replace(facts, chapters=tuple(chapters))


def _is_wanted(stem: StemFacts) -> bool:
    is_known = stem.media is not None and stem.media.is_usable and stem.measured.get(Likeness) is not None
    return is_known and stem.stem.role is Role.MUSIC


def _heard(stem: StemFacts, media: MediaInfo) -> StemFacts:
    like = stem.measured.get(Likeness) or Likeness()
    length_s = media.length_samples / media.sample_rate_hz
    start_s = max(0.0, min(like.start_s, length_s - _MOST_S))
    try:
        deep = listen_deeply(_sketch(media, start_s))
    except MediaError:
        return stem
    deep = replace(deep, start_s=deep.start_s + start_s, end_s=deep.end_s + start_s)
    return replace(stem, measured=Measured({**stem.measured.readings, DeepLikeness: deep}))


def _sketch(media: MediaInfo, start_s: float) -> Floats:
    """Return a mono sketch at 12 kHz, with the content scan's own weights of the channels."""
    first = round(start_s * media.sample_rate_hz)
    last = first + round(_MOST_S * media.sample_rate_hz)
    part = np.concatenate([*_mono(media, first, last), np.zeros((0, 1))])
    source: Iterator[Floats] = iter([part])
    return np.concatenate([*resample(source, media.sample_rate_hz, RATE_HZ, 1, len(part)), np.zeros((0, 1))])[:, 0]


def _mono(media: MediaInfo, first: int, last: int) -> Stream:
    at, weights = 0, channel_weights(media.channels)
    for block in read_blocks(media):
        inside = block[max(0, first - at) : max(0, last - at)]
        at += len(block)
        if len(inside):
            yield (np.nan_to_num(inside, nan=0.0, posinf=0.0, neginf=0.0) @ weights)[:, np.newaxis]
        if at >= last:
            return
