"""The linked limiter in whole mixes, heard by other people's meters: on target, under the ceiling, and at rest."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from stemkit.core.film import Film
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak
from stemkit.workflows._mix_level import next_gain
from tests.mix.test_mix import RATE, film_file, ints, mixed, write
from tests.oracles import require_program

SECONDS = 8
LOUD = (
    'name = "loud"\nextends = "crowd-film"\ntitle = "t"\nsource = "s"\n[[loudness]]\nof = "print"\nsource = "a test"\n'
    'quantity = "programme"\ntarget_lufs = -12.0\nbelow_lu = 0.2\nabove_lu = 0.2\ngrade = "B"\n'
)


def film_of(folder: Path) -> Film:
    """Return two chapters whose thunders and shouts stand in the way of -12 LUFS; the last seconds are calm."""
    length = SECONDS * RATE
    for number in (1, 2):
        calm = np.where(np.arange(length) < 5 * RATE, 1.0, 0.06)[:, np.newaxis]
        write(folder / f"ch{number:02}" / "VO.wav", speak(length, RATE, number, rms_dbfs=-22.0) * calm)
        write(folder / f"ch{number:02}" / "MUSIC.wav", compose(length, RATE, number, rms_dbfs=-24.0) * calm)
        write(folder / f"ch{number:02}" / "SFX.wav", ambience(length, RATE, number, rms_dbfs=-26.0) * calm)
    (folder / "loud.toml").write_text(LOUD, "utf-8")
    head = '[defaults]\nhandles = { head = "0f", tail = "0f" }\n[mix]\nprofile = "loud.toml"\nlimiter = "linked"\n'
    return film_file(folder, [SECONDS * 24] * 2, head)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("loud")
    return folder, mixed(film_of(folder), folder / "out", jobs=2)


def test_it_is_on_target_and_under_the_ceiling_by_ours(made: tuple[Path, Any]) -> None:
    _, result = made
    assert result.data["prints"][0]["measured"]["programme_loudness_lufs"] == pytest.approx(-12.0, abs=0.06)
    assert all(round(each["measured"]["true_peak_dbtp"], 2) <= -1.0 for each in result.data["prints"])
    limiter = result.data["limiter"]
    assert limiter["deepest_db"] > 2.0
    assert {"8x", "annex_2", "library"} == set(limiter["true_peak_dbtp"])
    assert all(value is not None and value < -0.85 for value in limiter["true_peak_dbtp"].values())
    assert not result.has_errors
    json.dumps(limiter, allow_nan=False)


def test_it_is_on_target_and_under_the_ceiling_by_ffmpeg(made: tuple[Path, Any]) -> None:
    folder, result = made
    ffmpeg = require_program("ffmpeg")
    for each in result.data["prints"]:
        asked = [ffmpeg, "-hide_banner", "-nostats", "-i", str(folder / "out" / each["path"])]
        said = subprocess.run([*asked, "-af", "ebur128=peak=true", "-f", "null", "-"], capture_output=True, check=True)
        text = said.stderr.decode("utf-8", "replace").rpartition("Summary")[2]
        peak = re.search(r"Peak:\s+(\S+) dBFS", text)
        loudness = re.search(r"I:\s+(\S+) LUFS", text)
        assert peak is not None
        assert loudness is not None
        assert float(peak[1]) <= -0.9
        if each["name"] == "FULL":
            assert float(loudness[1]) == pytest.approx(-12.0, abs=0.11)


def test_every_bus_has_the_same_curve_and_it_rests_where_nothing_is_over(made: tuple[Path, Any]) -> None:
    folder, result = made
    gain = 10.0 ** (result.data["level"]["applied_gain_db"] / 20.0)
    ends = [each["end_s"] for each in result.data["limiter"]["reductions"]]
    starts = [each["start_s"] for each in result.data["limiter"]["reductions"]]
    working = np.zeros(2 * SECONDS * RATE, dtype=bool)
    for start, end in zip(starts, ends, strict=True):
        working[round(start * RATE) : round(end * RATE)] = True
    assert 0.01 < working.mean() < 0.8
    assert working.mean() * 2 * SECONDS >= result.data["limiter"]["seconds"] - 1e-6
    curves = []
    for role in ("VO", "SFX", "MUSIC"):
        parts = [soundfile.read(folder / f"ch{n:02}" / f"{role}.wav", dtype="int32")[0] >> 8 for n in (1, 2)]
        plain = np.concatenate(parts) * gain
        printed = ints(folder / "out", result, role)
        assert np.abs(printed - plain)[~working].max() <= 1.5
        heard = np.abs(plain[:, 0]) > 2.0**17
        curves.append(np.where(heard, printed[:, 0] / np.where(heard, plain[:, 0], 1.0), np.nan))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        both = np.isfinite(curves[one]) & np.isfinite(curves[other])
        assert both.any()
        assert np.abs(curves[one][both] - curves[other][both]).max() < 1e-4
    deepest = min(float(np.nanmin(curve)) for curve in curves)
    assert -20.0 * np.log10(deepest) == pytest.approx(result.data["limiter"]["deepest_db"], abs=0.2)


@pytest.mark.parametrize(("first", "second"), [(1.0, 0.0), (0.3, 0.0), (0.1, 0.02), (0.9, -0.02), (0.3, 0.01)])
@pytest.mark.parametrize("start", [0.0, 5.0, 14.0])
def test_the_gain_is_found_however_much_the_limiter_takes(first: float, second: float, start: float) -> None:
    tried: dict[float, float] = {}
    gain = start
    for _ in range(8):
        tried[gain] = 3.0 - first * gain - second * gain * gain  # what it gives of so much gain
        if abs(tried[gain]) < 0.05 or (following := next_gain(tried, gain)) in tried:
            break
        gain = following
    assert min(map(abs, tried.values())) < 0.1
