"""Joins of voices in whole mixes: words that reach over a cut are heard whole, and stay where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from stemkit.core.block import Block
from stemkit.core.film import Film
from stemkit.signals.voice import speak
from tests.mix.test_mix import RATE, film_file, ints, mixed, noise, write

SECONDS, HANDLE = 6, 2


def stored(path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    sound, _ = soundfile.read(path, dtype="int32", always_2d=True)
    return np.asarray(sound, np.int64) >> 8


def voice(*words: tuple[float, float]) -> Block:
    """Return a stem with handles that speaks between some seconds of its file."""
    sound = np.zeros(((SECONDS + 2 * HANDLE) * RATE, 2))
    for seed, (start, end) in enumerate(words, 1):
        first, last = round(start * RATE), round(end * RATE)
        spoken = speak(3 * (last - first) + 3 * RATE, RATE, seed)
        # From the middle of a sentence, so that it speaks from end to end.
        begin = int(np.argmax(np.abs(spoken[:, 0]) > 0.02))
        sound[first:last] = spoken[begin : begin + last - first]
    return sound


def film_of(folder: Path, left: Block, right: Block, fade: str = '"1s"') -> Film:
    for number, sound in ((1, left), (2, right)):
        write(folder / f"ch{number:02}" / "VO.wav", sound)
        for index, role in enumerate(("SFX", "MUSIC")):
            write(folder / f"ch{number:02}" / f"{role}.wav", noise(len(sound), 10 * number + index, 0.01))
    head = f'[defaults]\nhandles = {{ head = "{HANDLE}s", tail = "{HANDLE}s" }}\ncrossfade.VO = {fade}\n'
    flat = 'extends = "crowd-film"\nname = "flat"\ntitle = "t"\nsource = "s"\nloudness = "not published: a test"\n'
    (folder / "flat.toml").write_text(flat, "utf-8")
    return film_file(folder, [SECONDS * 24] * 2, head + '[mix]\nprofile = "flat.toml"\n')


def join_of(result: Any) -> dict[str, Any]:
    return next(each for each in result.data["boundaries"] if each["role"] == "VO")


def test_a_word_that_ends_in_the_handle_is_heard_whole_at_its_place(tmp_path: Path) -> None:
    # The first voice speaks until 0.6 s after the cut, the second begins 0.3 s before it.
    left = voice((3.0, 4.0), (HANDLE + SECONDS - 1.0, HANDLE + SECONDS + 0.6))
    right = voice((HANDLE - 0.3, HANDLE + 1.0))
    result = mixed(film_of(tmp_path, left, right), tmp_path / "out")
    join = join_of(result)
    assert join["voice"]["how"] == "moved"
    out, into, cut = join["voice"]["fade_out"], join["voice"]["fade_in"], SECONDS * RATE
    assert cut + 0.6 * RATE <= out["start_samples"] <= cut + 0.85 * RATE
    assert out["end_samples"] - out["start_samples"] == into["end_samples"] - into["start_samples"] == RATE
    assert cut - 0.5 * RATE <= into["end_samples"] <= cut - 0.25 * RATE
    first, second = (stored(tmp_path / f"ch{number:02}" / "VO.wav") for number in (1, 2))
    printed = ints(tmp_path / "out", result, "VO")
    here = slice(cut - RATE, out["start_samples"])
    at = (SECONDS - 1 + HANDLE) * RATE
    wanted = first[at : at + here.stop - here.start].copy()
    start = into["end_samples"]
    wanted[start - here.start :] += second[start - cut + HANDLE * RATE : here.stop - cut + HANDLE * RATE]
    assert np.abs(printed[here] - wanted).max() <= 1  # the dither of the other fade
    assert result.data["null_test"]["exact"] is True
    assert result.report is not None
    found = [each for each in result.report["findings"] if each["code"] == "MIX003"]
    assert [(each["condition"], each["severity"], each["chapter"]) for each in found] == [("voice_moved", "info", 1)]


def test_a_fade_in_a_pause_stays_where_it_was_asked_for(tmp_path: Path) -> None:
    film = film_of(tmp_path, voice((3.0, 5.0)), voice((HANDLE + 1.0, HANDLE + 3.0)))
    join = join_of(mixed(film, tmp_path / "out"))
    assert (join["voice"], join["before_samples"], join["after_samples"]) == (None, RATE // 2, RATE // 2)


def test_a_voice_up_to_the_end_of_its_handle_ends_with_the_picture(tmp_path: Path) -> None:
    film = film_of(tmp_path, voice((5.0, SECONDS + 2 * HANDLE)), voice((HANDLE + 1.0, HANDLE + 3.0)))
    result = mixed(film, tmp_path / "out")
    join, cut = join_of(result), SECONDS * RATE
    assert join["voice"]["how"] == "shortened"
    assert join["voice"]["fade_out"] == {"start_samples": cut, "end_samples": cut + RATE // 100}
    printed, source = ints(tmp_path / "out", result, "VO"), stored(tmp_path / "ch01" / "VO.wav")
    wanted = source[(4 + HANDLE) * RATE : cut + HANDLE * RATE]
    assert np.abs(printed[4 * RATE : cut] - wanted).max() <= 1
    assert result.report is not None
    assert "voice_shortened" in {each["condition"] for each in result.report["findings"]}


@pytest.mark.parametrize("fade", ['{ before = "0s", after = "1s" }', '{ before = "1s", after = "0s", law = "auto" }'])
def test_what_the_picture_says_is_never_lost(tmp_path: Path, fade: str) -> None:
    """Whatever the fade, each chapter's words inside its picture are in the print at full level."""
    left = voice((3.0, 4.0), (HANDLE + SECONDS - 0.9, HANDLE + SECONDS - 0.1))
    right = voice((HANDLE + 0.1, HANDLE + 1.5))
    result = mixed(film_of(tmp_path, left, right, fade), tmp_path / "out")
    printed, cut = ints(tmp_path / "out", result, "VO"), SECONDS * RATE
    first, second = (stored(tmp_path / f"ch{number:02}" / "VO.wav") for number in (1, 2))
    for source, start, end, shift in ((first, -0.9, -0.1, HANDLE * RATE), (second, 0.1, 1.5, HANDLE * RATE - cut)):
        here = slice(cut + round(start * RATE), cut + round(end * RATE))
        assert np.abs(printed[here] - source[here.start + shift : here.stop + shift]).max() <= 1
