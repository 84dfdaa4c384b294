"""Recipes: what is asked for is what sounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.signals.recipes import Burst, Impulse, Noise, Ramp, Recipe, Sequence, Silence, Tone, render


def test_a_tone_reaches_its_level_and_repeats_at_its_frequency() -> None:
    tone = render(Tone(48_000, 1000.0, level_dbfs=-6.0), 48_000)
    assert tone.shape == (48_000, 1)
    assert np.max(np.abs(tone)) == pytest.approx(10 ** (-6 / 20), rel=1e-6)
    spectrum = np.abs(np.fft.rfft(tone[:, 0]))
    assert int(np.argmax(spectrum)) == 1000
    assert np.sort(spectrum)[-2] < 1e-6 * spectrum.max()


def test_a_burst_is_silent_outside() -> None:
    sound = render(Burst(1000, 200, 300, 440.0))
    assert not sound[:200].any()
    assert not sound[500:].any()
    assert sound[200:500].any()


def test_a_burst_ends_with_its_recipe() -> None:
    assert len(render(Burst(100, 80, 300, 440.0))) == 100


@pytest.mark.parametrize("colour", ["white", "pink"])
def test_noise_has_its_level_and_depends_on_its_seed_alone(colour: str) -> None:
    recipe = Noise(96_000, seed=3, level_dbfs=-20.0, colour=colour)  # type: ignore[arg-type]
    first, again = render(recipe, channels=2), render(recipe, channels=2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:, 0], first[:, 1])
    level_db = 20 * np.log10(np.sqrt(np.mean(first**2)))
    assert level_db == pytest.approx(-20.0, abs=0.1)
    assert not np.array_equal(first, render(Noise(96_000, seed=4), channels=2))


def test_pink_noise_falls_by_three_db_an_octave() -> None:
    sound = render(Noise(1 << 18, seed=1, colour="pink"))[:, 0]
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / 48_000)
    bands = [power[(frequency >= low) & (frequency < 2 * low)].mean() for low in (250, 500, 1000, 2000, 4000)]
    falls = np.diff(10 * np.log10(bands))
    assert np.all(np.abs(falls + 3.01) < 0.5)


def test_a_ramp_rises() -> None:
    sound = render(Ramp(48_000, 500.0, from_dbfs=-60.0, to_dbfs=-20.0))[:, 0]
    assert np.max(np.abs(sound[-480:])) == pytest.approx(0.1, rel=0.02)
    assert np.max(np.abs(sound[:480])) == pytest.approx(0.001, rel=0.2)


recipes: st.SearchStrategy[Recipe] = st.one_of(
    st.builds(Silence, st.integers(0, 500)),
    st.builds(Tone, st.integers(0, 500), st.floats(1.0, 20_000.0)),
    st.builds(Noise, st.integers(0, 500), st.integers(0, 9)),
    st.builds(Impulse, st.integers(10, 500), st.integers(0, 9)),
)


@given(st.lists(recipes, max_size=4), st.sampled_from([1, 2, 6]))
def test_a_sequence_is_its_parts_one_after_the_other(parts: list[Recipe], channels: int) -> None:
    whole = render(Sequence(tuple(parts)), channels=channels)
    pieces = [render(part, channels=channels) for part in parts]
    assert whole.shape == (sum(len(piece) for piece in pieces), channels)
    assert np.array_equal(whole, np.concatenate([np.zeros((0, channels)), *pieces]))
