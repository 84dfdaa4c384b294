"""Fades are functions of the position: symmetric, exact, and the same however they are cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.film import FadeLaw
from stemkit.dsp.fades import Direction, fade_gains

LAWS: tuple[FadeLaw, ...] = ("equal-gain", "equal-power", "cosine")
lengths = st.integers(1, 200_000)


@given(length=lengths)
def test_equal_gain_pairs_add_up_to_exactly_one(length: int) -> None:
    rising = fade_gains("equal-gain", 0, length, length, "in")
    falling = fade_gains("equal-gain", 0, length, length, "out")
    assert np.all(rising + falling == 1.0)


@given(length=lengths)
def test_equal_power_pairs_keep_the_power(length: int) -> None:
    rising = fade_gains("equal-power", 0, length, length, "in")
    falling = fade_gains("equal-power", 0, length, length, "out")
    assert np.allclose(rising**2 + falling**2, 1.0, rtol=0, atol=1e-15)


@pytest.mark.parametrize("law", LAWS)
@given(length=lengths)
def test_fading_out_mirrors_fading_in_bit_for_bit(law: FadeLaw, length: int) -> None:
    rising = fade_gains(law, 0, length, length, "in")
    assert np.array_equal(rising, fade_gains(law, 0, length, length, "out")[::-1])
    assert np.all(np.diff(rising) > 0)
    assert 0.0 < rising[0] < 1.0
    assert rising[-1] < 1.0


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("direction", ["in", "out"])
@given(length=st.integers(1, 5000), data=st.data())
def test_a_cut_fade_is_the_same_fade(law: FadeLaw, direction: Direction, length: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, length), max_size=6)))
    edges = [0, *cuts, length]
    pieces = [fade_gains(law, a, b, length, direction) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(pieces), fade_gains(law, 0, length, length, direction))


def test_known_values() -> None:
    assert fade_gains("equal-gain", 0, 4, 4, "in").tolist() == [0.125, 0.375, 0.625, 0.875]
    assert fade_gains("equal-power", 0, 1, 1, "in")[0] == pytest.approx(2**-0.5)


@pytest.mark.parametrize(("start", "end", "length"), [(-1, 2, 4), (0, 5, 4), (3, 2, 4)])
def test_positions_outside_the_fade_are_refused(start: int, end: int, length: int) -> None:
    with pytest.raises(ValueError, match="not inside"):
        fade_gains("equal-gain", start, end, length, "in")


@pytest.mark.parametrize("correlation", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("length", [480, 24_000])
def test_auto_rises_in_and_falls_out_and_keeps_power(correlation: float, length: int) -> None:
    rising = fade_gains("auto", 0, length, length, "in", correlation)
    falling = fade_gains("auto", 0, length, length, "out", correlation)
    assert rising[0] < 0.01
    assert rising[-1] > 0.99
    assert np.allclose(falling, rising[::-1], atol=1e-12)
    power = rising**2 + falling**2 + 2.0 * correlation * rising * falling
    assert np.allclose(power, 1.0, atol=1e-9)
    assert np.all(np.diff(rising) >= -1e-12)


@pytest.mark.parametrize("direction", ["in", "out"])
def test_sounds_of_which_nothing_is_known_are_taken_as_unrelated(direction: Direction) -> None:
    assert np.array_equal(
        fade_gains("auto", 0, 480, 480, direction), fade_gains("auto", 0, 480, 480, direction, correlation=0.0)
    )
