"""The sound of the demo film: speech that pauses, effects with room, music in a key."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stemkit.core.block import Block
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak

RATE = 48_000
LENGTH = 6 * RATE
MAKERS: tuple[Callable[..., Block], ...] = (speak, ambience, compose)


@pytest.mark.parametrize("make", MAKERS)
def test_sound_is_stereo_finite_quiet_enough_and_never_empty(make: Callable[..., Block]) -> None:
    for seed in (1, 2):
        sound = make(LENGTH, RATE, seed)
        assert sound.shape == (LENGTH, 2)
        assert sound.dtype == np.float64
        assert np.isfinite(sound).all()
        assert 0.01 < np.max(np.abs(sound)) < 0.7


@pytest.mark.parametrize("make", MAKERS)
def test_the_seed_decides_everything(make: Callable[..., Block]) -> None:
    assert np.array_equal(make(RATE, RATE, 5), make(RATE, RATE, 5))
    assert not np.array_equal(make(RATE, RATE, 5), make(RATE, RATE, 6))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_other_rates_and_odd_lengths_work(make: Callable[..., Block], rate_hz: int) -> None:
    assert len(make(rate_hz + 13, rate_hz, 1)) == rate_hz + 13
    assert len(make(0, rate_hz, 1)) == 0


def test_speech_has_pauses_and_is_in_the_middle() -> None:
    sound = speak(LENGTH, RATE, 1)
    assert np.array_equal(sound[:, 0], sound[:, 1])
    level_db = 20 * np.log10(np.sqrt(np.mean(sound[: LENGTH // 2400 * 2400, 0].reshape(-1, 2400) ** 2, axis=1)))
    quiet = float(np.mean(level_db < level_db.max() - 35))
    assert 0.1 < quiet < 0.7


def test_speech_has_the_melody_of_its_speaker() -> None:
    from stemkit.signals.voice import speaker

    sound = speak(LENGTH, RATE, 1)[:, 0]
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(LENGTH, 1 / RATE)
    pitch = speaker(1).pitch_hz
    near = spectrum[(frequency > 0.75 * pitch) & (frequency < 1.3 * pitch)].sum()
    assert near > 10 * spectrum[frequency < 0.6 * pitch].sum()


def test_effects_and_music_are_wide() -> None:
    for make in (ambience, compose):
        sound = make(LENGTH, RATE, 3)
        left, right = sound[:, 0], sound[:, 1]
        assert float(left @ right) < 0.95 * float(np.sqrt((left @ left) * (right @ right)))
