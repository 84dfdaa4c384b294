"""The stem-keyed dialogue gate: robust against room and breath, and arithmetic that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stemkit.core.block import Block
from stemkit.meters import dialogue, loudness
from tests.meters.sounds import scan, tone


def _voice(seconds: int = 60, level_dbfs: float = -23.0) -> tuple[Block, dialogue.Mask]:
    """Return syllables of a voice for 4 s out of every 10 s, and where they are."""
    sound = tone(level_dbfs, seconds, hz=400.0)
    t = np.arange(len(sound)) / 48_000
    syllables = 0.55 + 0.45 * np.sin(2.0 * np.pi * 4.0 * t)
    speaks = (t % 10.0) < 4.0
    return sound * (syllables * speaks)[:, np.newaxis], speaks


def _noise(level_dbfs: float, n: int, seed: int = 0) -> Block:
    return np.asarray(np.random.default_rng(seed).standard_normal((n, 2)) * 10.0 ** (level_dbfs / 20.0))


def test_silence_has_no_speech() -> None:
    empty = scan(np.zeros((480_000, 2)))
    read = dialogue.read_dialogue(scan(tone(-23.0, 10.0)), empty)
    assert read.speech_share == 0.0
    assert read.dialogue_lufs is None
    assert read.undefined["dialogue_lufs"] == dialogue.NO_SPEECH


@pytest.mark.parametrize("room_dbfs", [None, -75.0, -60.0, -50.0])
def test_room_noise_does_not_speak(room_dbfs: float | None) -> None:
    voice, speaks = _voice()
    if room_dbfs is not None:
        voice = voice + _noise(room_dbfs, len(voice))
    found = np.repeat(dialogue.speech_windows(scan(voice)), 4800)
    truth = speaks[: len(found)]
    assert found[truth].mean() > 0.99
    # 100 ms before and 300 ms behind each of six stretches belong to it.
    assert found[~truth].mean() < 0.08


def test_breath_and_clicks_do_not_speak() -> None:
    voice, speaks = _voice()
    t = np.arange(len(voice)) / 48_000
    breath = ((t % 10.0) > 6.0) & ((t % 10.0) < 6.6)
    voice = voice + _noise(-50.0, len(voice)) * breath[:, np.newaxis]
    voice[48_000 * 8 : 48_000 * 8 + 400] = 0.5
    found = np.repeat(dialogue.speech_windows(scan(voice)), 4800)
    assert found[~speaks[: len(found)]].mean() < 0.08


def test_pauses_between_words_belong_to_speech_and_long_ones_do_not() -> None:
    voice = tone(-23.0, 10.0)
    voice[48_000 * 2 : 48_000 * 2 + 14_400] = 0.0
    voice[48_000 * 5 : 48_000 * 7] = 0.0
    found = dialogue.speech_windows(scan(voice))
    assert found[:50].all()
    assert not found[54:68].any()


def test_dialogue_is_the_mix_while_the_voice_speaks() -> None:
    voice, _ = _voice()
    music = tone(-30.0, 60.0, hz=900.0)
    loud = np.zeros_like(voice)
    loud[48_000 * 6 : 48_000 * 9] = tone(-10.0, 3.0)
    mix = scan(voice + music + loud)
    read = dialogue.read_dialogue(mix, scan(voice), scan(music + loud))
    programme = loudness.read(mix).programme_lufs
    assert programme is not None
    assert read.dialogue_lufs is not None
    assert read.dialogue_lufs < programme - 3.0
    assert read.ldr_lu == pytest.approx(programme - read.dialogue_lufs)
    assert read.speech_share == pytest.approx(0.4, abs=0.05)
    assert read.voice_lufs is not None
    assert read.voice_lufs < read.dialogue_lufs
    assert read.voice_to_background_lu == pytest.approx(2.0, abs=2.5)
    assert read.lowest_voice_to_background_lu is not None
    assert read.voice_to_background_lu is not None
    assert read.lowest_voice_to_background_lu <= read.voice_to_background_lu
    assert read.dialogue_range_lu is not None


def test_a_voice_alone_is_its_own_dialogue() -> None:
    voice = tone(-23.0, 20.0)
    ledger = scan(voice)
    read = dialogue.read_dialogue(ledger, ledger)
    assert read.speech_share == 1.0
    programme = loudness.read(ledger).programme_lufs
    assert read.dialogue_lufs == pytest.approx(programme, abs=0.01)
    assert read.dialogue_gated_lufs == pytest.approx(programme, abs=1e-9)
    assert read.voice_lufs == read.dialogue_lufs
    assert read.ldr_lu == pytest.approx(0.0, abs=0.01)
    assert read.undefined["voice_to_background_lu"] == dialogue.NO_BACKGROUND


def test_the_difference_over_time() -> None:
    voice, music = tone(-20.0, 12.0), tone(-32.0, 12.0)
    music[48_000 * 6 :] *= 10.0 ** (6.0 / 20.0)
    curve = dialogue.voice_to_background_curve(scan(voice), scan(music))
    assert curve[5] == pytest.approx(12.0, abs=0.05)
    assert curve[-1] == pytest.approx(6.0, abs=0.05)
    silent = dialogue.voice_to_background_curve(scan(voice), scan(np.zeros_like(voice)))
    assert set(silent) == {None}


def test_ledgers_that_do_not_fit_are_refused() -> None:
    one, two = scan(tone(-20.0, 1.0)), scan(tone(-20.0, 1.0, rate=96_000), 96_000)
    with pytest.raises(ValueError, match="rates"):
        dialogue.read_dialogue(one, two)
    with pytest.raises(ValueError, match="layout"):
        dialogue.read_dialogue(one, scan(tone(-20.0, 1.0), layout=None))
