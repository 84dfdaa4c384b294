"""Films that are brought to the loudness of their dialogue, and what becomes of one whose peaks forbid it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemkit.core.film import Film
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak
from tests.mix.test_mix import RATE, film_file, mixed, write

SECONDS = 8


def spoken_film(
    folder: Path, head: str = "", *, voice_dbfs: tuple[float, ...] = (-27.0, -30.0), speaks: bool = True
) -> Film:
    """Return chapters of speech over music and a place; each voice at its own level."""
    length = SECONDS * RATE
    for number, rms in enumerate(voice_dbfs, 1):
        folder_of = folder / f"ch{number:02}"
        write(folder_of / "VO.wav", speak(length, RATE, number, rms_dbfs=rms) if speaks else np.zeros((length, 2)))
        write(folder_of / "MUSIC.wav", compose(length, RATE, number))
        write(folder_of / "SFX.wav", ambience(length, RATE, number))
    return film_file(folder, [SECONDS * 24] * len(voice_dbfs), head)


@pytest.mark.parametrize(("profile", "target"), [("netflix-2.0", -27.0), ("disney-a85", -24.0), ("atsc-a85", -24.0)])
def test_the_dialogue_is_on_target_in_the_files(tmp_path: Path, profile: str, target: float) -> None:
    result = mixed(spoken_film(tmp_path), tmp_path / "out", print_by=profile)
    level = result.data["level"]
    assert (level["quantity"], level["gating"], level["target_lufs"]) == ("dialogue", "none", target)
    assert level["limited_by"] is None
    assert 0.3 < level["speech_share"] < 1.0
    assert result.report is not None
    assert not [f for f in result.report["findings"] if f["code"] in ("LUD001", "LUD004") and f["stage"] == "print"]
    dialogue = result.report["dialogue"]
    assert dialogue["dialogue_lufs"] == pytest.approx(target, abs=0.06)
    assert result.data["null_test"]["exact"] is True


def test_a_film_in_which_nobody_speaks_is_brought_to_its_programme_loudness(tmp_path: Path) -> None:
    film = spoken_film(tmp_path, "[defaults]\nhandles = { head = '0f', tail = '0f' }", speaks=False)
    result = mixed(film, tmp_path / "out", print_by="netflix-2.0", missing_as_silence=True)
    assert (result.data["level"]["quantity"], result.data["level"]["target_lufs"]) == ("programme", -24.0)
    full = next(each for each in result.data["prints"] if each["name"] == "FULL")
    assert full["measured"]["programme_loudness_lufs"] == pytest.approx(-24.0, abs=0.06)


def test_a_peak_in_the_way_is_an_error_where_the_tolerance_is_missed(tmp_path: Path) -> None:
    film = spoken_film(tmp_path)
    path = tmp_path / "ch01" / "SFX.wav"
    sound = np.zeros((SECONDS * RATE, 2))
    sound[RATE : RATE + 400] = 0.9 * np.sin(0.1 * np.arange(400))[:, np.newaxis]
    write(path, sound)
    result = mixed(film, tmp_path / "out", print_by="atsc-a85")
    assert result.has_errors
    assert result.report is not None
    (found,) = (finding for finding in result.report["findings"] if finding["code"] == "MIX001")
    assert found["severity"] == "error"
    level, params = result.data["level"], found["params"]
    assert params["wanted_gain_db"] == level["wanted_gain_db"] > params["allowed_gain_db"] == level["applied_gain_db"]
    assert params["peak_at"].startswith("00:00:01") or params["peak_at_s"] == pytest.approx(1.0, abs=0.02)
    assert params["limiter_db"] > 3.0
    assert 0.05 < params["limiter_s"] < 3.0
    linked = mixed(film, tmp_path / "linked", print_by="atsc-a85", limiter="linked")
    assert linked.report is not None
    assert linked.report["dialogue"]["dialogue_lufs"] == pytest.approx(-24.0, abs=0.06)
    assert linked.data["level"]["reachable_lufs"] == pytest.approx(-24.0, abs=0.06)
    assert not [finding for finding in linked.report["findings"] if finding["code"] in ("MIX001", "LUD004")]
