"""Balance on speech: rooms come to one dialogue level, their inner balance stays, and gains ride the crossfades."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from stemkit.core.block import Block
from stemkit.core.film import Film
from stemkit.core.layout import STEREO
from stemkit.meters._ledger import Ledger
from stemkit.meters.dialogue import read_dialogue
from stemkit.meters.scan import Scanner
from stemkit.signals.effects import ambience
from stemkit.signals.voice import speak
from tests.mix.test_mix import RATE, film_file, ints, mixed, write

SECONDS, HANDLE = 10, 1
ROOMS_DB = (-24.0, -27.0, -22.0, -42.0)
HEAD = f'[defaults]\nhandles = {{ head = "{HANDLE}s", tail = "{HANDLE}s" }}\ncrossfade.SFX = "1s"\n'


def spoken_film(folder: Path) -> Film:
    """Return four rooms: voice, and a place 12 dB below it; the third chapter holds loud music and few words."""
    length = (SECONDS + 2 * HANDLE) * RATE
    for number, rms in enumerate(ROOMS_DB, 1):
        voice = speak(length, RATE, number, rms_dbfs=rms)
        if number == 3:
            voice[length - 3 * RATE :] = 0.0
        write(folder / f"ch{number:02}" / "VO.wav", voice)
        write(folder / f"ch{number:02}" / "SFX.wav", ambience(length, RATE, number, rms_dbfs=rms - 12.0))
        music = np.zeros((length, 2)) if number != 3 else tone(length, 0.3)
        write(folder / f"ch{number:02}" / "MUSIC.wav", music)
    return film_file(folder, [SECONDS * 24] * len(ROOMS_DB), HEAD)


def tone(length: int, amplitude: float) -> Block:
    """Return a tone that stands where nobody speaks, in the last second and a half."""
    sound = np.zeros((length, 2))
    at = length - round((HANDLE + 1.5) * RATE)
    sound[at:] = amplitude * np.sin(0.03 * np.arange(length - at))[:, np.newaxis]
    return sound


def ledger(sound: Block) -> Ledger:
    scanner = Scanner(RATE, 2, STEREO)
    scanner.push(sound)
    return scanner.result()


def dialogue_of(mix: Block, voice: Block, chapter: int) -> float:
    span = slice((chapter - 1) * SECONDS * RATE, chapter * SECONDS * RATE)
    found = read_dialogue(ledger(mix[span]), ledger(voice[span])).dialogue_lufs
    assert found is not None
    return found


def test_rooms_come_to_one_dialogue_level_and_the_bound_holds(tmp_path: Path) -> None:
    result = mixed(spoken_film(tmp_path), tmp_path / "out", balance="dialogue")
    balance = result.data["balance"]
    trims = {each["chapter"]: each for each in balance["chapters"]}
    full, voice = (ints(tmp_path / "out", result, name) / 2.0**23 for name in ("FULL", "VO"))
    gain = result.data["level"]["applied_gain_db"]
    for number in (1, 2, 3):
        assert trims[number]["reason"] is None
        assert dialogue_of(full, voice, number) == pytest.approx(balance["film_lufs"] + gain, abs=0.5)
    assert trims[4]["trim_db"] == 6.0
    assert "bounded" in trims[4]["reason"]
    assert all(abs(each["after_lufs"] - each["before_lufs"] - each["trim_db"]) < 1e-9 for each in trims.values())
    # What is loud beside the voice does not pull the voice down.
    assert trims[3]["trim_db"] == pytest.approx(trims[1]["trim_db"] - 2.0, abs=0.5)


def test_the_inner_balance_of_a_room_stays(tmp_path: Path) -> None:
    film = spoken_film(tmp_path)
    plain, result = mixed(film, tmp_path / "plain"), mixed(film, tmp_path / "out", balance="dialogue")
    moved = result.data["level"]["applied_gain_db"] - plain.data["level"]["applied_gain_db"]
    for each in result.data["balance"]["chapters"]:
        at = (each["chapter"] - 1) * SECONDS
        here = slice((at + 2) * RATE, (at + 7) * RATE)
        for role in ("VO", "SFX"):
            one, other = (ints(tmp_path / out, mix, role)[here] for out, mix in (("plain", plain), ("out", result)))
            assert 20.0 * math.log10(np.std(other) / np.std(one)) == pytest.approx(moved + each["trim_db"], abs=0.02)


def test_steps_at_the_joins_are_told_before_and_after(tmp_path: Path) -> None:
    film = spoken_film(tmp_path)
    result = mixed(film, tmp_path / "out", balance="dialogue")
    trims = {each["chapter"]: each["trim_db"] for each in result.data["balance"]["chapters"]}
    steps = {each["after"]: each for each in result.data["balance"]["steps"]}
    assert list(steps) == [1, 2, 3]
    for after, step in steps.items():
        assert step["after_lu"] - step["before_lu"] == pytest.approx(trims[after + 1] - trims[after])


def test_a_trim_rides_the_crossfade_and_does_not_zip(tmp_path: Path) -> None:
    """One tone through two rooms 12 dB apart: its level goes over in one smooth move, with nothing above it."""
    length = (SECONDS + 2 * HANDLE) * RATE
    for number in (1, 2):
        time = np.arange(length) + (number - 1) * SECONDS * RATE
        sound = 0.05 * np.sin(2.0 * np.pi * 500.0 * time / RATE)
        for role in ("VO", "MUSIC"):
            write(tmp_path / f"ch{number:02}" / f"{role}.wav", np.zeros((length, 2)))
        write(tmp_path / f"ch{number:02}" / "SFX.wav", np.repeat(sound[:, np.newaxis], 2, axis=1))
    law = 'crossfade.SFX = { before = "0.5s", after = "0.5s", law = "cosine" }'
    film = film_file(tmp_path, [SECONDS * 24] * 2, HEAD.replace('crossfade.SFX = "1s"', law))
    result = mixed(film, tmp_path / "out", trims_db={1: -6.0, 2: 6.0}, missing_as_silence=True)
    sound = ints(tmp_path / "out", result, "SFX")[:, 0] / 2.0**23
    cut = SECONDS * RATE
    part = sound[cut - 2 * RATE : cut + 2 * RATE] * np.blackman(4 * RATE)
    spectrum = np.abs(np.fft.rfft(part)) / np.abs(np.fft.rfft(part)).max()
    frequency = np.fft.rfftfreq(4 * RATE, 1.0 / RATE)
    assert 20.0 * math.log10(spectrum[np.abs(frequency - 500.0) > 50.0].max()) < -90.0
    envelope = np.abs(sound[cut - RATE : cut + RATE]).reshape(-1, 480).max(axis=1)
    assert (np.diff(envelope) > -0.005 * envelope.max()).all()
    assert 20.0 * math.log10(envelope[-1] / envelope[0]) == pytest.approx(12.0, abs=0.05)
