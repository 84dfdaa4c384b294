"""The whole way from a shell, on files that other programs wrote, judged by other programs."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.oracles import require_program

PRINTS = ("FULL", "VO", "SFX", "MUSIC", "ME")
MEASURED = {
    "programme_loudness_lufs",
    "loudness_range_lu",
    "max_momentary_lufs",
    "max_short_term_lufs",
    "true_peak_dbtp",
    "true_peak_at_s",
    "sample_peak_dbfs",
    "undefined",
}


def stemkit(*arguments: object, cwd: Path, code: int | None = 0) -> dict[str, Any]:
    """Run a command with ``--json`` in a process of its own and return its one object."""
    command = [sys.executable, "-m", "stemkit", *map(str, arguments), "--json"]
    environment = {**os.environ, "STEMKIT_CACHE": str(cwd / "cache"), "PYTHONIOENCODING": "utf-8"}
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stderr, ended.stderr
    data: dict[str, Any] = json.loads(ended.stdout, parse_constant=lambda word: pytest.fail(f"{word} in JSON"))
    if code is not None:
        assert ended.returncode == code, (ended.returncode, ended.stdout[:3000], ended.stderr[:3000])
    return data


def programme(seconds: float, rate_hz: int, seed: int, channels: int = 2) -> NDArray[np.float64]:
    """Band-limited noise in bursts, a stand-in for sound that no codec or resampler can confuse."""
    rng = np.random.default_rng(seed)
    length = round(seconds * rate_hz)
    spectrum = np.fft.rfft(rng.standard_normal((length, channels)), axis=0)
    frequency = np.fft.rfftfreq(length, 1 / rate_hz)
    spectrum[(frequency < 80) | (frequency > 9000)] = 0
    sound = np.fft.irfft(spectrum, length, axis=0)
    envelope = 0.55 + 0.45 * np.sin(2 * np.pi * (0.5 + 0.1 * seed) * np.arange(length) / rate_hz)
    shaped: NDArray[np.float64] = 0.09 * envelope[:, np.newaxis] * sound / np.sqrt(np.mean(sound**2))
    return shaped


def ints(path: Path) -> NDArray[np.int64]:
    """Return a 24-bit file's samples as integers."""
    data, _ = soundfile.read(path, dtype="int32", always_2d=True)
    return np.asarray(data, dtype=np.int64) >> 8


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two chapters: one by ffmpeg and sox as BWF, FLAC and MP3, one already as the profile asks."""
    ffmpeg, sox = require_program("ffmpeg"), require_program("sox")
    folder = tmp_path_factory.mktemp("film ÄÖ 映画")
    first, second = folder / "ch01", folder / "ch02"
    first.mkdir()
    second.mkdir()
    raw = folder / "raw.wav"
    soundfile.write(raw, programme(8, 44_100, 1, 1), 44_100, subtype="FLOAT")
    bwf = ["-c:a", "pcm_s24le", "-ar", "48000", "-write_bext", "1", "-metadata", "description=made elsewhere"]
    subprocess.run([ffmpeg, "-v", "error", "-i", raw, *bwf, first / "dialogue.wav"], check=True)
    soundfile.write(raw, programme(8, 44_100, 2), 44_100, subtype="FLOAT")
    subprocess.run([sox, "-V1", raw, "-b", "16", first / "effects.flac"], check=True)
    soundfile.write(raw, programme(8, 44_100, 6), 44_100, subtype="FLOAT")
    subprocess.run([ffmpeg, "-v", "error", "-i", raw, "-b:a", "192k", first / "music.mp3"], check=True)
    for index, name in enumerate(("VO", "SFX", "MUSIC")):
        soundfile.write(second / f"ch02_{name}.wav", programme(9, 48_000, 3 + index), 48_000, subtype="PCM_24")
    raw.unlink()
    (folder / "film.toml").write_text(
        """
[film]
title = "The Whole Way"
frame_rate = "24"

[defaults]
crossfade.SFX = "0.5s"
crossfade.MUSIC = { before = "0.5s", after = "0.5s", law = "equal-gain" }

[[chapter]]
number = 1
title = "One"
creator = "Ana"
length = "192f"
folder = "ch01"

[[chapter]]
number = 2
title = "Two"
creator = "Ben"
length = "216f"
folder = "ch02"
""",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def mixed(film: Path) -> dict[str, Any]:
    return stemkit("mix", film / "film.toml", "-o", "mix", cwd=film)


def test_check_finds_what_is_to_repair_and_says_so_by_code(film: Path) -> None:
    data = stemkit("check", film / "film.toml", cwd=film, code=1)
    assert data["schema"] == "stemkit/check/1"
    assert {f["code"] for f in data["findings"] if f["chapter"] == 1 and f["severity"] == "error"} >= {
        "FMT001",
        "FMT003",
    }
    one, two = data["chapters"]
    assert (one["number"], one["verdict"]) == (1, "fix")
    assert (two["number"], two["verdict"]) == (2, "ready")
    assert data["verdict"] == "fix"
    for chapter in data["chapters"]:
        assert set(chapter) == {"number", "title", "creator", "verdict", "measured", "stems"}
        assert [stem["role"] for stem in chapter["stems"]] == ["VO", "SFX", "MUSIC"]
        assert all(set(stem["measured"]) >= MEASURED for stem in chapter["stems"])
    assert set(data["counts"]) == {"error", "warning", "info", "skipped", "waived", "passed"}


def test_conform_repairs_and_the_repaired_tree_is_clean(film: Path) -> None:
    plan = stemkit("conform", film / "film.toml", "-o", "out", "--plan", cwd=film, code=None)
    assert {item["status"] for item in plan["items"]} == {"planned"}
    # The second chapter is right but for its names.
    kinds = {step["kind"] for item in plan["items"] if item["chapter"] == 2 for step in item["steps"]}
    assert kinds == {"rename"}
    assert not (film / "out").exists()
    done = stemkit("conform", film / "film.toml", "-o", "out", cwd=film)
    for planned, item in zip(plan["items"], done["items"], strict=True):
        assert (planned["role"], planned["chapter"], planned["steps"]) == (item["role"], item["chapter"], item["steps"])
    for item in done["items"]:
        info = soundfile.info(str(film / "out" / item["output"]))
        assert (info.samplerate, info.channels, info.subtype) == (48_000, 2, "PCM_24")
    clean = stemkit("check", film / "out" / done["film"], cwd=film)
    assert clean["verdict"] == "ready"
    again = stemkit("conform", film / "out" / done["film"], "-o", "again", cwd=film)
    assert {item["status"] for item in again["items"]} == {"unchanged"}
    assert not list((film / "again").rglob("*.wav"))


def test_the_mix_is_five_files_of_the_films_exact_length(film: Path, mixed: dict[str, Any]) -> None:
    assert mixed["schema"] == "stemkit/mix/1"
    assert mixed["length_samples"] == (192 + 216) * 2000
    assert [p["name"] for p in mixed["prints"]] == list(PRINTS)
    assert mixed["refused"] == mixed["missing"] == []
    for printed in mixed["prints"]:
        info = soundfile.info(str(film / "mix" / printed["path"]))
        assert (info.frames, info.samplerate, info.channels, info.subtype) == (816_000, 48_000, 2, "PCM_24")
    names = {path.name for path in (film / "mix").iterdir()}
    assert names == {*(p["path"] for p in mixed["prints"]), "report.json", "report.html"}


def test_the_stems_null_against_the_mix_in_another_program(film: Path, mixed: dict[str, Any]) -> None:
    sound = {p["name"]: ints(film / "mix" / p["path"]) for p in mixed["prints"]}
    assert np.array_equal(sound["FULL"], sound["VO"] + sound["SFX"] + sound["MUSIC"])
    assert np.array_equal(sound["ME"], sound["SFX"] + sound["MUSIC"])
    assert np.array_equal(sound["FULL"], sound["VO"] + sound["ME"])
    assert all(np.any(data) for data in sound.values())
    null = mixed["null_test"]
    assert (null["exact"], null["max_residual_lsb"], null["samples"]) == (True, 0, 816_000)
    assert {entry["sum"] for entry in null["sums"]} == {"FULL", "ME"}


def test_other_programs_read_the_prints_and_agree_on_loudness(film: Path, mixed: dict[str, Any]) -> None:
    ffmpeg, sox = require_program("ffmpeg"), require_program("sox")
    for printed in mixed["prints"]:
        path = film / "mix" / printed["path"]
        subprocess.run([sox, "-V1", path, "-n", "stat"], check=True, capture_output=True)
        command = [ffmpeg, "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stderr.rsplit("Summary:", 1)[1]
        integrated, true_peak = (float(re.search(rf"{key}:\s+(-?[\d.]+)", said)[1]) for key in ("I", "Peak"))  # type: ignore[index]
        assert abs(printed["measured"]["programme_loudness_lufs"] - integrated) <= 0.06
        assert abs(printed["measured"]["true_peak_dbtp"] - true_peak) <= 0.3
    full = mixed["prints"][0]["measured"]
    assert math.isclose(full["programme_loudness_lufs"], -23.0, abs_tol=0.06)
    assert mixed["level"]["limited_by"] is None


def test_sources_were_not_touched_and_the_report_opens(film: Path, mixed: dict[str, Any]) -> None:
    report = json.loads((film / "mix" / "report.json").read_text(encoding="utf-8"))
    assert report["schema"].startswith("stemkit/report/")
    html = (film / "mix" / "report.html").read_text(encoding="utf-8")
    assert "The Whole Way" in html
    assert "<script src" not in html
    assert sorted(p.name for p in (film / "ch01").iterdir()) == ["dialogue.wav", "effects.flac", "music.mp3"]


def test_mixing_conformed_stems_gives_the_same_bytes(film: Path, mixed: dict[str, Any]) -> None:
    stemkit("conform", film / "film.toml", "-o", "conformed", cwd=film)
    again = stemkit("mix", film / "conformed" / "film.toml", "-o", "mix-of-conformed", "--jobs", "1", cwd=film)
    assert [p["sha256"] for p in again["prints"]] == [p["sha256"] for p in mixed["prints"]]


def test_one_changed_bit_in_a_print_is_found(film: Path, mixed: dict[str, Any]) -> None:
    copy = film / "tampered"
    copy.mkdir()
    for path in (film / "mix").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    victim = copy / mixed["prints"][2]["path"]
    data = bytearray(victim.read_bytes())
    data[-3000] ^= 1
    victim.write_bytes(bytes(data))
    checked = stemkit("check", copy, cwd=film, code=1)
    assert "MIX002" in {finding["code"] for finding in checked["findings"]}


def test_a_missing_stem_refuses_the_mix_unless_silence_is_asked_for(film: Path) -> None:
    text = (film / "film.toml").read_text(encoding="utf-8")
    (film / "gap.toml").write_text(
        text.replace('folder = "ch02"', 'stems = { VO = "ch02/ch02_VO.wav" }'), encoding="utf-8"
    )
    refused = stemkit("mix", film / "gap.toml", "-o", "gap", cwd=film, code=1)
    assert refused["prints"] == []
    assert refused["null_test"] is None
    assert {(r["chapter"], r["role"]) for r in refused["refused"]} == {(2, "SFX"), (2, "MUSIC")}
    assert not list((film / "gap").glob("*.wav")) if (film / "gap").exists() else True
    silent = stemkit("mix", film / "gap.toml", "-o", "gap", "--missing", "silence", cwd=film, code=1)
    assert silent["null_test"]["exact"] is True
    assert {(m["chapter"], m["role"]) for m in silent["missing"]} == {(2, "SFX"), (2, "MUSIC")}


def test_measure_reads_what_it_can_and_says_what_it_cannot(film: Path) -> None:
    (film / "empty.wav").write_bytes(b"")
    good = film / "ch02" / "ch02_VO.wav"
    data = stemkit("measure", good, film / "empty.wav", cwd=film, code=3)
    assert data["schema"] == "stemkit/measure/1"
    first, second = data["files"]
    assert first["error"] is None
    assert second["error"]
    assert set(first) == set(second) == MEASURED | {
        "path", "name", "error", "container", "subtype", "sample_rate_hz", "channels", "layout", "layout_source",
        "length_samples", "duration_s", "details", "overs", "dialogue", "leq_m",
    }  # fmt: skip
