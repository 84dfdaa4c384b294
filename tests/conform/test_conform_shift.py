"""A stem that a reference mix or a time reference proves late is moved by whole samples, when somebody asks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stemkit.audio.probe import probe
from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import Bext
from stemkit.core.steps import Subtype
from stemkit.plan.asked import Choice
from stemkit.workflows.check import check
from tests.conform.conform_films import film_in, ints, run, write

LENGTH = 8 * 48_000
UNSAFE = Choice(unsafe=True)
FILM = """
[film]
title = "Tide"
frame_rate = "24"
start_timecode = "01:00:00:00"
[defaults]
handles = { head = "0f", tail = "0f" }
[[chapter]]
number = 1
length = "192f"
folder = "ch01"
"""
Sound = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")


def stems() -> dict[str, Sound]:
    """Return three sounds that swell and fall, and end in silence."""
    swell = 0.6 + 0.4 * np.sin(np.arange(LENGTH) * (2.0 * np.pi / 30_000))
    swell[-6_000:] = 0.0
    made = {}
    for seed, role in enumerate(("VO", "SFX", "MUSIC")):
        sound = np.random.default_rng(seed).uniform(-0.1, 0.1, (LENGTH, 2)) * swell[:, np.newaxis]
        made[role] = np.round(sound * 2.0**23) / 2.0**23
    return made


def found(film: Path, code: str) -> list[str]:
    return [one["condition"] for one in check([film]).report["findings"] if one["code"] == code]


@pytest.mark.parametrize(("late", "gain"), [(1_201, 1.0), (-2_399, 1.0), (777, 0.5)])
def test_a_reference_mix_proves_a_shift_to_the_sample(tmp_path: Path, late: int, gain: float) -> None:
    made = stems()
    mix = sum(made.values(), np.zeros((LENGTH, 2)))
    moved = np.roll(made["VO"], late, axis=0)
    if late < 0:
        moved[late:] = 0.0
    for role, sound in {**made, "VO": gain * moved}.items():
        write(tmp_path / "ch01" / f"Tide_ch01_{role}.wav", sound)
    write(tmp_path / "mix.wav", mix)
    film = film_in(tmp_path, f'{FILM}reference_mix = "mix.wav"\n')
    plan = run(film, tmp_path / "out", plan_only=True)
    assert [step.kind for step in plan.items[0].item.waiting][:1] == ["shift_sound"]
    result = run(film, tmp_path / "out", choice=UNSAFE)
    assert not result.has_defect
    steps = {step.kind: step for step in result.items[0].item.steps}
    assert getattr(steps["shift_sound"], "by_samples", None) == -late
    if gain == 1.0:
        out = ints(tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav")
        was = np.round(made["VO"] * 2.0**23).astype(np.int64)
        kept = slice(0, LENGTH - 6_000) if late > 0 else slice(-late, LENGTH - 6_000)
        np.testing.assert_array_equal(out[kept], was[kept])
    else:
        assert "apply_gain" not in steps, "how loud it is in the mix is known only once it stands right"


def test_a_reference_mix_proves_a_level(tmp_path: Path) -> None:
    made = stems()
    write(tmp_path / "mix.wav", sum(made.values(), np.zeros((LENGTH, 2))))
    for role, sound in {**made, "SFX": 0.5 * made["SFX"]}.items():
        write(tmp_path / "ch01" / f"Tide_ch01_{role}.wav", sound)
    film = film_in(tmp_path, f'{FILM}reference_mix = "mix.wav"\n')
    result = run(film, tmp_path / "out", choice=UNSAFE)
    assert not result.has_defect
    assert [step.kind for step in result.items[1].item.steps] == ["apply_gain", "requantise"]
    assert getattr(result.items[1].item.steps[0], "gain_db", 0.0) == pytest.approx(6.02, abs=0.1)


@pytest.mark.parametrize("midnight", [172_800_000, 1_728_000_000])
@pytest.mark.parametrize("late", [2_400, -4_801])
def test_a_time_reference_proves_a_shift(tmp_path: Path, midnight: int, late: int) -> None:
    made = stems()
    for role, sound in made.items():
        path = tmp_path / "ch01" / f"Tide_ch01_{role}.wav"
        path.parent.mkdir(exist_ok=True)
        start = midnight + (late if role == "VO" else 0)
        fmt = WriteFormat(48_000, "PCM_24", LAYOUTS["stereo"], LENGTH)
        with PrintWriter(path, fmt, bext=Bext(time_reference_samples=start)) as writer:
            writer.push(sound)
    film = film_in(tmp_path, FILM)
    assert found(film, "LEN003") == ["inconsistent"]
    result = run(film, tmp_path / "out", choice=UNSAFE)
    assert not result.has_defect
    out = tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav"
    was = ints(tmp_path / "ch01" / "Tide_ch01_VO.wav")
    if late > 0:
        np.testing.assert_array_equal(ints(out)[late:], was[:-late])
        assert not ints(out)[:late].any()
    else:
        np.testing.assert_array_equal(ints(out)[:late], was[-late:])
    assert found(tmp_path / "out" / "film.toml", "LEN003") == []
    bext = probe(out).bext
    assert bext is not None
    assert bext.time_reference_samples == midnight  # the film's place, or the session's own clock as the others have
    assert not run(tmp_path / "out" / "film.toml", tmp_path / "again", choice=UNSAFE).has_written


def test_a_written_stem_does_not_contradict_those_that_stay(tmp_path: Path) -> None:
    for role, sound in stems().items():
        path = tmp_path / "ch01" / f"Tide_ch01_{role}.wav"
        path.parent.mkdir(exist_ok=True)
        subtype: Subtype = "PCM_16" if role == "VO" else "PCM_24"
        fmt = WriteFormat(48_000, subtype, LAYOUTS["stereo"], LENGTH)
        with PrintWriter(path, fmt, bext=Bext(time_reference_samples=1_728_000_000)) as writer:
            writer.push(np.round(sound * 2.0**15) / 2.0**15)
    film = film_in(tmp_path, FILM)
    assert run(film, tmp_path / "out").has_written
    assert found(tmp_path / "out" / "film.toml", "LEN003") == []
