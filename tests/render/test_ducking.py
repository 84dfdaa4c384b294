"""Where a film ducks: under speech, and not under breaths, clicks and room."""

from __future__ import annotations

import numpy as np
import pytest

from stemkit.core.block import Block
from stemkit.core.layout import STEREO
from stemkit.meters.scan import Scanner
from stemkit.render.ducking import voice_spans
from stemkit.signals.voice import speak

RATE = 48_000


def spans_of(sound: Block) -> list[tuple[float, float]]:
    scanner = Scanner(RATE, 2, STEREO)
    scanner.push(sound)
    return [(span.start / RATE, span.end / RATE) for span in voice_spans(scanner.result())]


def breath(level_db: float, seconds: float = 0.35) -> Block:
    noise = np.random.default_rng(5).normal(0.0, 1.0, (round(seconds * RATE), 2))
    return np.asarray(noise * np.hanning(len(noise))[:, np.newaxis] * 10.0 ** (level_db / 20.0))


def film_of(*speech_at: int, seconds: int = 40, rms_dbfs: float = -27.0) -> Block:
    """Return a film in which somebody speaks for four seconds at some places."""
    sound = 10.0 ** (-74.0 / 20.0) * np.random.default_rng(1).normal(0.0, 1.0, (seconds * RATE, 2))
    for number, at in enumerate(speech_at, 1):
        sound[at * RATE : (at + 4) * RATE] += speak(4 * RATE, RATE, number, rms_dbfs=rms_dbfs)
    return np.asarray(sound)


def test_every_line_is_found_and_nothing_else() -> None:
    found = spans_of(film_of(4, 12, 24))
    assert [at for at in (4, 12, 24) if any(a <= at + 1.5 <= b for a, b in found)] == [4, 12, 24]
    assert all(any(at <= a + 0.11 and b <= at + 4.5 for at in (4, 12, 24)) for a, b in found)


@pytest.mark.parametrize("level_db", [-50.0, -42.0])
def test_breaths_and_clicks_between_the_lines_do_not_duck(level_db: float) -> None:
    sound = film_of(4, 12, 24)
    plain = spans_of(sound)
    for at in (9.5, 18.0, 21.0):
        sound[round(at * RATE) : round(at * RATE) + round(0.35 * RATE)] += breath(level_db)
    sound[30 * RATE : 30 * RATE + 60] += 0.5
    assert spans_of(sound) == plain


def test_a_quiet_line_after_a_shout_ducks_too() -> None:
    sound = film_of(4, 20, 30, rms_dbfs=-33.0)
    sound[24 * RATE + RATE // 2 : 25 * RATE] *= 12.0
    found = spans_of(sound)
    assert any(a <= 21.5 <= b for a, b in found)
    assert any(a <= 31.5 <= b for a, b in found)


def test_silence_and_mere_room_say_nothing() -> None:
    assert spans_of(np.zeros((5 * RATE, 2))) == []
    assert spans_of(1e-4 * np.random.default_rng(2).normal(0.0, 1.0, (5 * RATE, 2))) == []
