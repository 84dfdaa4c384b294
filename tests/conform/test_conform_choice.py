"""What is done only when somebody asks: unsafe steps, some stems, some steps, effects; and what the files then say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.core.errors import ManifestError, UsageError
from stemkit.core.manifest import load_film
from stemkit.plan.conform import ItemStatus
from stemkit.workflows._conform_choice import LEFT_OUT, choice_of, only_of
from tests.conform.conform_films import FILM, Sound, film_in, noise, right, run, tree, write
from tests.oracles import require_module

UNSAFE = choice_of((), unsafe=True)


def _stereo(path: Path) -> Sound:
    data, _ = soundfile.read(path, always_2d=True)
    return np.asarray(data)


def _surround(seconds: float = 2.0) -> Sound:
    return noise(seconds, channels=6, seed=9)


def _offset() -> Sound:
    return noise(2, seed=9) + 0.05


def _against() -> Sound:
    low = np.cumsum(noise(2, channels=1, seed=9), axis=0)
    low *= 0.3 / np.abs(low).max()
    return np.concatenate([low, -low], axis=1)


def _one_sided() -> Sound:
    sound = noise(2, seed=9)
    sound[:, 1] = 0.0
    return sound


@pytest.mark.parametrize(
    ("sound", "code", "kind"),
    [
        (_surround(), "FMT003", "fold_down"),
        (_offset(), "SIG002", "remove_offset"),
        (_one_sided(), "SIG005", "copy_channel"),
        (_against(), "SIG004", "flip_polarity"),
        (noise(2.5, seed=9), "LEN001", "trim_tail"),
    ],
)
def test_an_unsafe_step_waits_until_somebody_asks(tmp_path: Path, sound: Sound, code: str, kind: str) -> None:
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "Tide_ch01_VO.wav", sound)
    film = film_in(tmp_path)
    waits = run(film, tmp_path / "out").items[0].item
    assert (waits.status, [step.kind for step in waits.waiting]) == (ItemStatus.SKIPPED, [kind])
    assert waits.codes[kind] == (code,)
    done = run(film, tmp_path / "out", choice=UNSAFE)
    assert done.items[0].item.status is ItemStatus.WRITTEN
    assert not done.has_errors
    assert not done.has_defect
    assert not run(tmp_path / "out" / "film.toml", tmp_path / "again").has_written


def test_a_fold_down_has_the_coefficients_that_the_plan_states(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("VO",))
    sound = _surround()
    path = write(tmp_path / "ch01" / "Tide_ch01_VO.wav", sound)
    source = _stereo(path)
    run(film_in(tmp_path), tmp_path / "out", choice=UNSAFE)
    folded = _stereo(tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav")
    half = 0.5**0.5
    expected = source[:, 0] + half * source[:, 2] + half * source[:, 4]
    assert np.abs(folded[:, 0] - expected).max() <= 1.6 * 2.0**-23


def test_empty_channels_are_left_out_bit_for_bit(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("VO",))
    sound = np.zeros((96_000, 6))
    sound[:, :2] = noise(2, seed=9)
    path = write(tmp_path / "ch01" / "Tide_ch01_VO.wav", sound)
    result = run(film_in(tmp_path), tmp_path / "out")
    assert not result.has_errors
    assert np.array_equal(_stereo(tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav"), _stereo(path)[:, :2])


def test_a_wrong_rate_is_corrected_when_asked(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("VO",))
    path = write(tmp_path / "ch01" / "Tide_ch01_VO.wav", noise(2, seed=9), 44_100)
    result = run(film_in(tmp_path), tmp_path / "out", choice=UNSAFE)
    assert [step.kind for step in result.items[0].item.steps] == ["retag"]
    data, rate_hz = soundfile.read(tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav")
    assert rate_hz == 48_000
    assert np.array_equal(data, _stereo(path))


def test_only_some_stems_and_the_others_later(tmp_path: Path) -> None:
    for role in ("vo", "sfx", "music"):
        write(tmp_path / "ch01" / f"{role}.wav", noise(2, 44_100, 1, seed=len(role)), 44_100, "PCM_16")
    path, out = film_in(tmp_path), tmp_path / "out"
    film = load_film(path)
    first = run(path, out, only=only_of(["VO"], film))
    assert [done.item.status.value for done in first.items] == ["written", "skipped", "skipped"]
    assert {done.item.reason for done in first.items[1:]} == {LEFT_OUT}
    assert not first.has_errors
    before = tree(out / "ch01")
    run(path, out, only=only_of(["sfx,MX"], film))
    after = tree(out / "ch01")
    assert before.items() <= after.items()
    assert len(after) == 6
    assert len(load_film(out / "film.toml").chapters[0].stems) == 3


def test_only_some_steps(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", noise(2, 44_100, 1, seed=9), 44_100, "PCM_16")
    result = run(film_in(tmp_path), tmp_path / "out", choice=choice_of(["rate,depth"], unsafe=False))
    item = result.items[0].item
    assert [step.kind for step in item.steps] == ["resample", "requantise"]
    assert [step.kind for step in item.waiting] == ["remap_channels", "rename"]
    assert result.has_errors


@pytest.mark.parametrize("word", ["DIALOGUE", "7", "3-9", "x"])
def test_what_only_does_not_know(tmp_path: Path, word: str) -> None:
    right(tmp_path / "ch01")
    with pytest.raises(UsageError):
        only_of([word], load_film(film_in(tmp_path)))


def test_a_step_that_is_not_known() -> None:
    with pytest.raises(UsageError, match="no kind of step"):
        choice_of(["resampel"], unsafe=False)


EFFECT = '[inserts]\nVO = [{ effect = "HighpassFilter", parameters = { cutoff_frequency_hz = 80.0 } }]\n'


def test_effects_of_the_film_file_run_once(tmp_path: Path) -> None:
    require_module("pedalboard")
    right(tmp_path / "ch01")
    result = run(film_in(tmp_path, FILM.replace("[defaults]", f"{EFFECT}[defaults]")), tmp_path / "out")
    assert [done.item.status.value for done in result.items] == ["written", "unchanged", "unchanged"]
    receipt = json.loads((tmp_path / "out" / "receipts" / "ch01_Tide_ch01_VO.wav.json").read_text())
    assert receipt["steps"][0]["effects"][0]["effect"] == "HighpassFilter"
    again = load_film(tmp_path / "out" / "film.toml")
    assert not again.inserts


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ('{ effect = "Limiter" }', ManifestError),
        ('{ effect = "Reverb", plugin = "/x.vst3" }', ManifestError),
        ('{ effect = "Reverp" }', UsageError),
        ('{ effect = "Reverb", parameters = { romsize = 1.0 } }', UsageError),
        ('{ plugin = "x.vst3" }', UsageError),
        ('{ plugin = "/nowhere/x.vst3" }', UsageError),
    ],
)
def test_effects_that_cannot_be_run_are_refused_first(tmp_path: Path, entry: str, error: type[Exception]) -> None:
    require_module("pedalboard")
    right(tmp_path / "ch01")
    film = film_in(tmp_path, FILM.replace("[defaults]", f"[inserts]\nVO = [{entry}]\n[defaults]"))
    with pytest.raises(error):
        run(film, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_a_conformed_file_says_of_itself(tmp_path: Path) -> None:
    wavinfo = require_module("wavinfo")
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", noise(2, 44_100, 1, seed=9), 44_100, "PCM_16")
    text = FILM.replace('frame_rate = "24"', 'frame_rate = "24"\nstart_timecode = "01:00:00:00"')
    result = run(film_in(tmp_path, text), tmp_path / "out")
    info = wavinfo.WavInfoReader(str(tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav"))
    after = result.items[0].after
    assert after is not None
    assert info.bext.time_reference == 172_800_000
    assert info.bext.loudness_value == pytest.approx(after["measured"]["programme_loudness_lufs"], abs=0.006)
    assert info.bext.max_shortterm_loudness == pytest.approx(327.67)  # two seconds have none
    assert info.bext.description == "Tide, chapter 1: DX"
    assert info.ixml.project == "Tide"
    assert [track.name for track in info.ixml.track_list] == ["DX.L", "DX.R"]
    assert [cue.sample_offset for cue in info.cues.cues] == [0, 96_000]
    assert [label.text for label in info.cues.labels] == ["picture start", "picture end"]
