"""What conforming repairs is cured: the finding does not come back, and nothing is left to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.core.manifest import load_film
from stemkit.core.profile import load_profile
from stemkit.intake.facts import gather
from stemkit.plan.conform import ItemStatus
from stemkit.rules._engine import run as run_rules
from tests.conform.conform_films import film_in, noise, right, run, write

# Name, rate, channels, seconds, subtype, and the code that complains.
FAULTS = [
    ("vo.wav", 8_000, 2, 2.0, "PCM_16", "FMT001"),
    ("vo.wav", 22_050, 1, 2.0, "PCM_16", "FMT003"),
    ("vo.wav", 44_100, 2, 2.0, "PCM_24", "FMT001"),
    ("vo.wav", 88_200, 2, 2.0, "FLOAT", "FMT001"),
    ("vo.wav", 192_000, 1, 2.0, "PCM_32", "FMT001"),
    ("vo.wav", 48_000, 2, 2.0, "PCM_U8", "FMT002"),
    ("vo.wav", 48_000, 2, 2.0, "PCM_16", "FMT002"),
    ("vo.wav", 48_000, 2, 2.0, "PCM_32", "FMT002"),
    ("vo.wav", 48_000, 2, 2.0, "DOUBLE", "FMT002"),
    ("vo.wav", 48_000, 1, 2.0, "PCM_24", "FMT003"),
    ("vo.flac", 48_000, 2, 2.0, "PCM_24", "FMT004"),
    ("vo.aiff", 48_000, 2, 2.0, "PCM_16", "FMT004"),
    ("vo.caf", 44_100, 1, 2.0, "PCM_24", "FMT004"),
    ("vo.ogg", 48_000, 2, 2.0, "VORBIS", "FMT004"),
    ("vo.opus", 48_000, 1, 2.0, "OPUS", "FMT004"),
    ("vo.wav", 48_000, 2, 1.99, "PCM_24", "LEN001"),
    ("vo.wav", 44_100, 1, 1.5, "PCM_16", "LEN001"),
]


@pytest.mark.parametrize(("name", "rate_hz", "channels", "seconds", "subtype", "code"), FAULTS)
def test_every_fault_with_a_safe_fix_is_cured(
    tmp_path: Path, name: str, rate_hz: int, channels: int, seconds: float, subtype: str, code: str
) -> None:
    right(tmp_path / "ch01", but=("VO",))
    sound = noise(seconds, rate_hz, channels, seed=7)
    if name.endswith("opus"):
        soundfile.write(tmp_path / "ch01" / name, sound, rate_hz, format="OGG", subtype="OPUS")
    else:
        write(tmp_path / "ch01" / name, sound, rate_hz, subtype)
    film = film_in(tmp_path)
    profile = load_profile("crowd-film")
    before = run_rules(gather(load_film(film), profile).facts).findings
    assert code in {finding.code for finding in before if finding.is_blocking and finding.fix == "safe"}

    result = run(film, tmp_path / "out")
    item, after = result.items[0].item, result.items[0].after
    assert item.status is ItemStatus.WRITTEN
    assert not result.has_errors
    assert after is not None
    assert (after["media"]["sample_rate_hz"], after["media"]["layout"]) == (48_000, "stereo")
    assert after["media"]["length_samples"] == 96_000

    conformed = load_film(tmp_path / "out" / "film.toml")
    left = run_rules(gather(conformed, profile).facts).findings
    assert [finding.code for finding in left if finding.is_blocking] == []
    assert not run(tmp_path / "out" / "film.toml", tmp_path / "again").has_written


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_conversion_keeps_the_level(tmp_path: Path, rate_hz: int) -> None:
    time = np.arange(2 * rate_hz) / rate_hz
    tone = 0.25 * np.sin(2 * np.pi * 997 * time)
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", np.column_stack([tone, tone]), rate_hz, "PCM_16")
    result = run(film_in(tmp_path), tmp_path / "out")
    before, after = result.items[0].before, result.items[0].after
    assert before is not None
    assert after is not None
    for key in ("programme_loudness_lufs", "true_peak_dbtp"):
        assert after["measured"][key] == pytest.approx(before["measured"][key], abs=0.01)
