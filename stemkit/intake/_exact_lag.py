"""By how many whole samples a stem is later in a reference mix: what a shift must know that a sketch cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stemkit.audio.reader import read_blocks
from stemkit.core.block import Stream
from stemkit.core.media import MediaInfo
from stemkit.dsp.resample import resample
from stemkit.meters.reference import RATE_HZ, Floats

_WINDOW_S, _MOST_WINDOWS, _FEWEST_WINDOWS = 1, 4, 2
_REACH = 3  # samples of the sketch by which its own lag may be off


@dataclass(frozen=True, slots=True)
class Placed:
    """A file, its sketch from the picture's start, and where the picture starts in it."""

    media: MediaInfo
    sketch: Floats
    head_s: float


def exact_lag(mix: Placed, stem: Placed, about_s: float, rate_hz: int) -> int | None:
    """Return the lag in samples at a rate; `None` unless the loudest places agree about it.

    Raises
    ------
    MediaError
        If a file cannot be read to its end.
    """
    reach = -(-_REACH * rate_hz // RATE_HZ)
    about = round(about_s * rate_hz)
    starts = [start * rate_hz for start in _loudest(stem.sketch, about_s)]
    length = _WINDOW_S * rate_hz
    behind = [start + about - reach for start in starts]
    if len(starts) < _FEWEST_WINDOWS or min(behind) < 0:
        return None
    inside = _windows(stem, starts, length, rate_hz)
    around = _windows(mix, behind, length + 2 * reach, rate_hz)
    lags = [_best(one, other, reach) for one, other in zip(inside, around, strict=True)]
    return about + lags[0] if len(set(lags)) == 1 else None


def _loudest(sketch: Floats, about_s: float) -> list[int]:
    """Return the starts, in seconds, of the loudest windows that are in the mix as well."""
    count = len(sketch) // (_WINDOW_S * RATE_HZ)
    power = np.sum(sketch[: count * _WINDOW_S * RATE_HZ].reshape(count, _WINDOW_S * RATE_HZ) ** 2, axis=1)
    order = [int(at) * _WINDOW_S for at in np.argsort(-power, kind="stable") if power[at] > 0.0]
    return sorted([start for start in order if start + about_s > 0.01][:_MOST_WINDOWS])


def _windows(placed: Placed, starts: Sequence[int], length: int, rate_hz: int) -> list[Floats]:
    head = round(placed.head_s * rate_hz)
    found = [np.zeros(length) for _ in starts]
    position, end = -head, max(starts) + length
    media = placed.media
    for block in resample(_edges(media), media.sample_rate_hz, rate_hz, 1, media.length_samples):
        for start, window in zip(starts, found, strict=True):
            first, last = max(start, position), min(start + length, position + len(block))
            if first < last:
                window[first - start : last - start] = block[first - position : last - position, 0]
        position += len(block)
        if position >= end:
            break
    return found


def _edges(media: MediaInfo) -> Stream:
    """Yield the differences of neighbours of the mono mix: low notes say little about time."""
    before = np.zeros((1, 1))
    for block in read_blocks(media):
        mono = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).mean(axis=1, keepdims=True)
        yield np.diff(mono, axis=0, prepend=before)
        before = mono[-1:] if len(mono) else before


def _best(stem: Floats, mix: Floats, reach: int) -> int:
    products = np.array([float(stem @ mix[at : at + len(stem)]) for at in range(2 * reach + 1)])
    return int(np.abs(products).argmax()) - reach
