"""The gain under the voice: smooth, exactly 1.0 away from it, and a function of the position alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.film import Ducking
from stemkit.core.timebase import Span
from stemkit.plan.ducking import Duck, plan_duck

RATE = 48_000
SETTINGS = Ducking(depth_db=9.0)
LENGTH = 12 * RATE


def spoken(*seconds: tuple[float, float]) -> list[Span]:
    return [Span(round(a * RATE), round(b * RATE)) for a, b in seconds]


def curve(duck: Duck, length: int = LENGTH) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    gains = duck.gains(Span(0, length))
    return np.ones(length) if gains is None else gains


def test_it_is_down_while_somebody_speaks_and_exactly_one_elsewhere() -> None:
    gain = curve(plan_duck(SETTINGS, spoken((4.0, 6.0)), RATE))
    deep = 10.0 ** (-9.0 / 20.0)
    assert np.allclose(gain[4 * RATE : round(6.4 * RATE)], deep, rtol=0, atol=1e-15)
    assert gain.min() >= deep - 1e-15
    assert (gain[: round(3.7 * RATE)] == 1.0).all()
    assert (gain[round(7.2 * RATE) :] == 1.0).all()
    assert (np.diff(gain[: 5 * RATE]) <= 0.0).all()
    assert (np.diff(gain[5 * RATE :]) >= 0.0).all()


def test_it_does_not_click() -> None:
    """A tone keeps its spectrum: nothing but what lies close to it appears."""
    time = np.arange(LENGTH) / RATE
    tone = np.sin(2.0 * np.pi * 1000.0 * time) * curve(plan_duck(SETTINGS, spoken((4.0, 6.0)), RATE))
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone)))) / (len(tone) / 4)
    frequency = np.fft.rfftfreq(len(tone), 1.0 / RATE)
    assert 20.0 * np.log10(spectrum[np.abs(frequency - 1000.0) > 200.0].max()) < -110.0


def test_short_pauses_do_not_pump() -> None:
    duck = plan_duck(SETTINGS, spoken((2.0, 3.0), (4.5, 5.0), (9.0, 10.0)), RATE)
    assert [(dip.start / RATE, dip.end / RATE) for dip in duck.dips] == [(1.7, 6.2), (8.7, 11.2)]
    gain = curve(duck)
    assert len(np.unique(gain[2 * RATE : round(5.4 * RATE)])) == 1


def test_a_voice_at_the_edges_of_the_film_needs_no_film_beyond() -> None:
    gain = curve(plan_duck(SETTINGS, spoken((0.0, 1.0), (11.5, 12.0)), RATE))
    assert gain[0] < 0.36
    assert gain[-1] < 0.36
    assert gain[5 * RATE] == 1.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0, 11.0), st.floats(0.1, 2.0)), max_size=6),
    st.floats(0.0, 2.0),
    st.floats(0.01, 2.0),
    st.floats(0.0, 1.0),
    st.floats(0.05, 2.0),
    st.lists(st.integers(0, LENGTH), max_size=6),
)
def test_no_block_edge_shows(
    voice: list[tuple[float, float]], ahead: float, attack: float, hold: float, release: float, cuts: list[int]
) -> None:
    spans = spoken(*((at, min(12.0, at + length)) for at, length in sorted(voice)))
    duck = plan_duck(Ducking(6.0, ahead, attack, hold, release), spans, RATE)
    whole = curve(duck)
    edges = [0, *sorted(cuts), LENGTH]
    pieces = [np.ones(b - a) if (g := duck.gains(Span(a, b))) is None else g for a, b in pairwise(edges)]
    assert np.array_equal(whole, np.concatenate(pieces))
    assert whole.min() >= 10.0 ** (-6.0 / 20.0) - 1e-12
    assert whole.max() <= 1.0
    fastest = 6.0 * np.log(10.0) / 20.0 * np.pi / 2.0 / (min(attack, release) * RATE - 2.0)
    assert np.abs(np.diff(whole)).max() <= max(fastest, 0.0) * 1.01
    assert all(one.end < other.start for one, other in pairwise(duck.dips))
