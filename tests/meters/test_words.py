"""Where words are: speech is inside, pauses are outside, whatever the level and the room."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from stemkit.core.block import Block
from stemkit.core.layout import STEREO
from stemkit.core.timebase import Span
from stemkit.meters._words import words_in
from stemkit.meters.scan import Scanner
from stemkit.signals.voice import speak

RATE = 48_000


def words_of(sound: Block) -> tuple[Span, ...]:
    scanner = Scanner(RATE, 2, STEREO)
    scanner.push(sound)
    return words_in(scanner.result())


def film(level_db: float = 0.0, room_db: float = -74.0) -> Block:
    """Return speech from 2 to 5 s and from 7 to 9 s, in a room."""
    sound = 10.0 ** (room_db / 20.0) * np.random.default_rng(3).normal(0.0, 1.0, (12 * RATE, 2))
    for seed, (start, end) in enumerate(((2, 5), (7, 9)), 1):
        sound[start * RATE : end * RATE] += speak((end - start) * RATE, RATE, seed)
    return np.asarray(sound * 10.0 ** (level_db / 20.0))


@pytest.mark.parametrize(("level_db", "room_db"), [(0.0, -74.0), (-12.0, -74.0), (6.0, -60.0), (0.0, -200.0)])
def test_words_hold_the_speech_and_pauses_do_not(level_db: float, room_db: float) -> None:
    sound = film(level_db, room_db)
    found = words_of(sound)
    spoken = np.zeros(len(sound), dtype=bool)
    for word in found:
        spoken[word.start : word.end] = True
    heard = np.abs(sound).max(axis=1) > 10.0 ** ((level_db - 40.0) / 20.0)
    assert (heard & ~spoken).sum() < 0.01 * heard.sum()
    quiet = np.concatenate([sound[: 2 * RATE], sound[round(5.2 * RATE) : 7 * RATE], sound[round(9.2 * RATE) :]])
    assert len(quiet)
    for start, end in ((0.0, 1.9), (5.2, 6.9), (9.2, 12.0)):
        assert not spoken[round(start * RATE) : round(end * RATE)].any()
    assert all(one.end < other.start for one, other in pairwise(found))


def test_a_steady_sound_has_no_words() -> None:
    assert words_of(0.05 * np.random.default_rng(1).normal(0.0, 1.0, (5 * RATE, 2))) == ()
    assert words_of(0.2 * np.sin(0.05 * np.arange(10 * RATE)).reshape(-1, 2)) == ()


def test_a_stem_without_voice_has_no_words() -> None:
    assert words_of(np.zeros((RATE, 2))) == ()
    assert words_of(1e-5 * np.random.default_rng(1).normal(0.0, 1.0, (2 * RATE, 2))) == ()
