"""Stems against a mix that was made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stemkit.core.film import Role
from stemkit.meters.reference import RATE_HZ, ReferenceFit, fit_reference
from stemkit.signals.voice import speak
from stemkit.workflows.check import check
from tests.check.deliveries import FILM, sound, write

LENGTH = 4 * 48_000
Floats = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")


def _film(folder: Path, mix: Floats, stems: dict[str, Floats]) -> Path:
    for role, samples in stems.items():
        write(folder / "ch01" / f"Film_ch01_{role}.wav", samples)
    write(folder / "ch01" / "mix.wav", mix)
    film = folder / "film.toml"
    chapter = '[[chapter]]\nnumber = 1\nlength = "96f"\nfolder = "ch01"\nreference_mix = "ch01/mix.wav"\n'
    film.write_text(FILM + chapter, "utf-8")
    return film


def _stems() -> dict[str, Floats]:
    return {role: sound(seed, LENGTH, gain=0.05) for seed, role in enumerate(("VO", "SFX", "MUSIC"), 40)}


def _found(film: Path) -> list[tuple[str, str | None]]:
    report = check([film]).report
    assert not [one for one in report["findings"] if one["code"] == "STM002"], "the reference is no stray file"
    return [(one["condition"], one["role"]) for one in report["findings"] if one["code"] == "STM005"]


def test_stems_that_make_up_their_mix_are_left_alone(tmp_path: Path) -> None:
    stems = _stems()
    assert _found(_film(tmp_path, sum(stems.values(), np.zeros((LENGTH, 2))), stems)) == []


def test_a_late_stem_a_moved_fader_and_a_stranger_are_told_apart(tmp_path: Path) -> None:
    stems = _stems()
    mix = sum(stems.values(), np.zeros((LENGTH, 2)))
    late = np.concatenate([np.zeros((1200, 2)), stems["VO"]])[:LENGTH]
    assert _found(_film(tmp_path / "a", mix, {**stems, "VO": late})) == [("lag", "VO")]
    assert _found(_film(tmp_path / "b", mix, {**stems, "SFX": 0.5 * stems["SFX"]})) == [("level", "SFX")]
    stranger = mix + sound(77, LENGTH, gain=0.05)
    assert _found(_film(tmp_path / "c", stranger, stems)) == [("residual", None)]


def test_a_turned_over_stem_and_a_levelled_mix(tmp_path: Path) -> None:
    stems = _stems()
    mix = sum(stems.values(), np.zeros((LENGTH, 2)))
    assert _found(_film(tmp_path / "a", mix, {**stems, "MUSIC": -stems["MUSIC"]})) == [("inverted", "MUSIC")]
    assert _found(_film(tmp_path / "b", 0.8 * mix, stems)) == [("mix_level", None)]


@pytest.mark.parametrize("drift", [5e-4, -2e-4])
def test_a_stem_that_runs_away_is_told_by_how_much(drift: float) -> None:
    length = 40 * RATE_HZ
    voice, music = (sound(seed, length, channels=1)[:, 0] for seed in (50, 51))
    at = np.arange(length) * (1.0 + drift)
    runaway = np.interp(at, np.arange(length), voice)
    fit = fit_reference(voice + music, [(Role.VO, runaway), (Role.MUSIC, music)])
    assert fit.parts[0].drift == pytest.approx(drift, rel=0.05)
    assert fit.parts[1].drift is None
    steady = fit_reference(voice + music, [(Role.VO, np.roll(voice, 300)), (Role.MUSIC, music)])
    assert [part.drift for part in steady.parts] == [None, None]


def test_the_drift_of_a_voice_with_pauses_is_that_of_its_words() -> None:
    length = 20 * RATE_HZ
    voice = np.zeros(length)
    for seed, start in enumerate((1, 6, 11, 15), 1):
        voice[start * RATE_HZ : (start + 3) * RATE_HZ] = speak(3 * RATE_HZ, RATE_HZ, seed)[:, 0]
    music = sound(51, length, channels=1, gain=0.003)[:, 0]
    runaway = np.interp(np.arange(length) / 1.001, np.arange(length), voice)
    fit = fit_reference(voice + music, [(Role.VO, runaway), (Role.MUSIC, music)])
    assert fit.parts[0].drift == pytest.approx(-0.001, rel=0.03)


def test_a_mix_that_is_not_there_is_not_compared(tmp_path: Path) -> None:
    film = _film(tmp_path, np.zeros((LENGTH, 2)), _stems())
    assert _found(film) == [("skip_not_compared", None)]
    (tmp_path / "ch01" / "mix.wav").unlink()
    assert _found(film) == [("skip_not_compared", None)]


def test_what_is_kept_comes_back() -> None:
    stems = [(role, sound(seed, 48_000, channels=1)[:, 0]) for seed, role in enumerate((Role.VO, Role.SFX))]
    fit = fit_reference(stems[0][1] + stems[1][1], stems)
    assert [part.gain_db for part in fit.parts] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert ReferenceFit.from_arrays(fit.as_arrays()) == fit
