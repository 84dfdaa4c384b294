"""The ``auto`` law: the power through a join stays, whatever its two sides have in common."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from stemkit.audio.probe import probe
from stemkit.core.block import Block
from stemkit.core.film import Chapter, Crossfade, FadeLaw, Film, Handles, Role
from stemkit.core.timebase import FrameRate
from stemkit.dsp.fades import fade_gains
from stemkit.plan.correlation import with_correlations
from stemkit.plan.timeline import Timeline, plan_timeline
from stemkit.render.overlap import measure_correlations
from stemkit.render.track import role_blocks

RATE = 48_000
FRAMES, HANDLE = 120, 48


@given(st.integers(1, 500), st.floats(0.0, 1.0))
def test_a_pair_of_auto_gains_keeps_power_at_every_correlation(length: int, correlation: float) -> None:
    rise = fade_gains("auto", 0, length, length, "in", correlation)
    fall = fade_gains("auto", 0, length, length, "out", correlation)
    power = rise**2 + fall**2 + 2.0 * correlation * rise * fall
    assert np.abs(10.0 * np.log10(power)).max() < 0.001
    assert np.array_equal(rise, fall[::-1])
    assert rise.min() >= -1e-9
    assert rise.max() <= 1.0 + 1e-9


def test_auto_gains_add_up_to_one_for_one_sound() -> None:
    rise, fall = (fade_gains("auto", 0, 999, 999, way, 1.0) for way in ("in", "out"))
    assert np.abs(rise + fall - 1.0).max() < 1e-15


def joined(folder: Path, left: Block, right: Block, law: FadeLaw = "auto") -> Timeline:
    """Return two chapters whose files hold the given sounds around the cut, two seconds before and after it."""
    held = Handles(HANDLE, HANDLE)
    chapters = tuple(Chapter(number, length_frames=FRAMES, handles=held) for number in (1, 2))
    film = Film("Film", folder, chapters, FrameRate.parse("24"), crossfades={Role.SFX: Crossfade(96, 96, law)})
    stems = {}
    for number, sound in ((1, left), (2, right)):
        whole = np.zeros(((FRAMES + 2 * HANDLE) * 2000, 2))
        start = FRAMES * 2000 if number == 1 else 0
        whole[start : start + len(sound)] = sound
        soundfile.write(folder / f"{number}.wav", whole, RATE, subtype="FLOAT")
        stems[number] = {Role.SFX: [probe(folder / f"{number}.wav")]}
    return plan_timeline(film, stems, RATE)


def noise(seed: int, rms: float = 0.1) -> Block:
    return np.random.default_rng(seed).normal(0.0, rms, (4 * RATE, 2))


def mixture(correlation: float) -> tuple[Block, Block]:
    one, other = noise(1), noise(2)
    return one, correlation * one + np.sqrt(1.0 - correlation**2) * other


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_the_level_through_an_auto_join_stays_within_a_tenth(tmp_path: Path, correlation: float) -> None:
    left, right = mixture(correlation)
    timeline = joined(tmp_path, left, right)
    found = measure_correlations(timeline, 2)
    assert found[1, Role.SFX] == pytest.approx(correlation, abs=0.01)
    timeline = with_correlations(timeline, found)
    (join,) = (join for join in timeline.joins if join.role is Role.SFX)
    assert (join.law, join.correlation) == ("auto", found[1, Role.SFX])
    sound = np.concatenate(list(role_blocks(timeline.lines[Role.SFX], timeline.length_samples, 2)))
    inside = sound[FRAMES * 2000 - 2 * RATE : FRAMES * 2000 + 2 * RATE].reshape(8, -1)
    level_db = 10.0 * np.log10((inside**2).mean(axis=1) / 0.01)
    assert np.abs(level_db).max() < 0.1


def test_opposed_sides_count_as_unrelated(tmp_path: Path) -> None:
    assert measure_correlations(joined(tmp_path, noise(1), -noise(1)), 2) == {(1, Role.SFX): 0.0}


@pytest.mark.parametrize(("rms", "seconds"), [(0.0005, 4.0), (0.1, 0.09), (0.0, 0.0)])
def test_where_too_little_is_heard_the_law_is_equal_power(tmp_path: Path, rms: float, seconds: float) -> None:
    right = noise(2, rms)
    right[round(seconds * RATE) :] = 0.0
    timeline = joined(tmp_path, noise(1), right)
    found = measure_correlations(timeline, 2)
    assert found == {(1, Role.SFX): None}
    informed = with_correlations(timeline, found)
    (join,) = (join for join in informed.joins if join.role is Role.SFX)
    assert (join.law, join.correlation) == ("equal-power", None)
    assert {
        fade.law for line in informed.lines[Role.SFX] for p in line for fade in (p.fade_in, p.fade_out) if fade
    } == {"equal-power"}


def test_other_laws_are_not_measured_and_stay(tmp_path: Path) -> None:
    timeline = joined(tmp_path, noise(1), noise(2), "equal-gain")
    assert measure_correlations(timeline, 2) == {}
    assert with_correlations(timeline, {}) == replace(timeline)
