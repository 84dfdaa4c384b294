"""The linked limiter: its ceiling, its rest, one gain for all, and no trace of where it begins."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.block import Block
from stemkit.core.film import Role
from stemkit.dsp.limiter import LOOK_AHEAD_S, Limiter, largest_peaks, sum_of
from stemkit.dsp.limiter_activity import Activity
from stemkit.dsp.oversample import library_interpolator

RATE = 48_000
PRINTS = ((Role.VO, Role.MUSIC), (Role.VO,), (Role.MUSIC,))
CEILING_DBTP = -1.0
Buses = dict[Role, Block]
Gain = np.ndarray[tuple[int], np.dtype[np.float64]]


def noise(length: int, seed: int, rms: float = 0.1) -> Block:
    return np.random.default_rng(seed).normal(0.0, rms, (length, 2))


def gain_of(buses: Buses) -> Gain:
    prints = [sum_of(buses, roles) for roles in PRINTS]
    gain = Limiter(RATE, CEILING_DBTP).gain(prints)
    return np.ones(len(prints[0])) if gain is None else gain


def limited(buses: Buses) -> tuple[Buses, Gain]:
    gain = gain_of(buses)
    return {role: bus * gain[:, np.newaxis] for role, bus in buses.items()}, gain


def readings(buses: Buses) -> list[float]:
    around = [np.pad(sum_of(buses, roles), ((48, 48), (0, 0))) for roles in PRINTS]
    return [20.0 * float(np.log10(value)) for value in largest_peaks(around, RATE, CEILING_DBTP - 3.0)]


def film_with_overs() -> Buses:
    voice, music = noise(4 * RATE, 1), noise(4 * RATE, 2)
    voice[RATE : RATE + 500] *= 9.0
    voice[0], voice[-1] = 1.6, -1.5
    return {Role.VO: voice, Role.MUSIC: music}


MATERIAL = {
    "programme": film_with_overs(),
    "limited": {Role.VO: np.clip(noise(RATE, 3, 0.5), -0.6, 0.6), Role.MUSIC: np.clip(noise(RATE, 4, 0.5), -0.6, 0.6)},
    "nasty": {
        Role.VO: np.sign(np.sin(np.arange(RATE) * 0.9))[:, np.newaxis] * np.array([1.0, -1.0]),
        Role.MUSIC: np.repeat(np.sin(np.arange(RATE) * np.pi / 2 + np.pi / 4)[:, np.newaxis], 2, axis=1),
    },
}


@pytest.mark.parametrize(
    ("name", "over_db"), [("programme", (0.01, 0.05, 0.05)), ("limited", (0.1, 0.4, 0.4)), ("nasty", (0.1, 1.0, 1.0))]
)
def test_the_ceiling_holds_by_three_meters(name: str, over_db: tuple[float, ...]) -> None:
    out, _ = limited(MATERIAL[name])
    for reading, over in zip(readings(out), over_db, strict=True):
        assert reading <= CEILING_DBTP + over, readings(out)


@settings(max_examples=25, deadline=None)
@given(st.integers(3 * RATE, 4 * RATE - 100), st.integers(1, 5000), st.integers(0, 3000))
def test_no_edge_shows_where_enough_is_around(first: int, length: int, more: int) -> None:
    whole = gain_of(MATERIAL["programme"])
    start = first - 3 * RATE
    end = min(first + length + round(LOOK_AHEAD_S * RATE) + more, 4 * RATE)
    part = gain_of({role: bus[start:end] for role, bus in MATERIAL["programme"].items()})
    stop = 4 * RATE if end == 4 * RATE else first + length
    assert np.array_equal(part[3 * RATE : stop - start], whole[first:stop])


def test_a_level_is_that_of_the_prints() -> None:
    prints = [sum_of(film_with_overs(), roles) for roles in PRINTS]
    limiter = Limiter(RATE, CEILING_DBTP)
    louder, at_level = limiter.gain([2.0 * each for each in prints]), limiter.gain(prints, 2.0)
    assert louder is not None
    assert at_level is not None
    assert np.array_equal(louder, at_level)
    assert limiter.gain(prints, 0.01) is None


def test_what_was_three_seconds_ago_does_not_matter() -> None:
    buses = {role: np.concatenate([bus, bus]) for role, bus in film_with_overs().items()}
    gain = gain_of(buses)
    start = RATE // 2
    late = gain_of({role: bus[start:] for role, bus in buses.items()})
    assert np.array_equal(gain[start + 3 * RATE :], late[3 * RATE :])


def test_the_gain_rests_at_exactly_one_two_seconds_after_the_last_over() -> None:
    voice = np.zeros((5 * RATE, 2))
    voice[RATE : RATE + 48, 0] = np.hanning(48) * 12.0  # some 22 dB over
    out, gain = limited({Role.VO: voice, Role.MUSIC: noise(len(voice), 5)})
    assert gain.min() < 0.1
    assert (gain[: RATE - RATE // 50] == 1.0).all()
    assert (gain[3 * RATE + 48 :] == 1.0).all()
    assert np.array_equal(out[Role.MUSIC][3 * RATE + 48 :], noise(len(voice), 5)[3 * RATE + 48 :])


def test_one_gain_for_all_prints_and_channels() -> None:
    buses = film_with_overs()
    out, gain = limited(buses)
    for role, bus in buses.items():
        assert np.array_equal(out[role], bus * gain[:, np.newaxis])


def test_sound_that_stays_below_passes_bit_for_bit() -> None:
    buses = {Role.VO: noise(RATE, 6, 0.05), Role.MUSIC: noise(RATE, 7, 0.05)}
    out, gain = limited(buses)
    assert (gain == 1.0).all()
    assert all(np.array_equal(out[role], buses[role]) for role in buses)


def test_attack_and_release_do_not_click() -> None:
    """A tone under a burst that needs 6 dB keeps its spectrum: what the gain adds stays near the tone."""
    time = np.arange(2 * RATE) / RATE
    tone = 0.4 * np.sin(2.0 * np.pi * 1000.0 * time)
    burst = np.where((time > 0.9) & (time < 1.0), 1.2, 0.0) * np.sin(2.0 * np.pi * 400.0 * time)
    buses = {Role.VO: np.repeat(burst[:, None], 2, 1), Role.MUSIC: np.repeat(tone[:, None], 2, 1)}
    out, gain = limited(buses)
    assert gain.min() < 0.6
    spectrum = np.abs(np.fft.rfft(out[Role.MUSIC][:, 0] * np.hanning(len(tone)))) / (len(tone) / 4)
    frequency = np.fft.rfftfreq(len(tone), 1.0 / RATE)
    assert 20.0 * np.log10(spectrum[frequency > 5000.0].max()) < -100.0
    assert np.abs(np.diff(gain)).max() < 0.01


def test_activity_says_where_how_deep_and_how_long() -> None:
    activity = Activity(RATE, 4 * RATE)
    gain = gain_of(film_with_overs())
    for start, end in pairwise([0, 1000, 50_000, 50_001, len(gain)]):
        activity.push(start, gain[start:end])
    facts = activity.result(CEILING_DBTP, (), 1)
    assert facts.seconds == np.count_nonzero(gain < 1.0) / RATE
    assert facts.deepest_db == pytest.approx(-20.0 * np.log10(gain.min()), abs=1e-9)
    assert facts.deepest_at_samples == int(gain.argmin())
    assert facts.worst_second_at_samples == RATE
    assert facts.count == len(facts.reductions) == 2
    assert all(each.start_samples <= each.deepest_at_samples < each.end_samples for each in facts.reductions)
    lowest = [gain[at : at + RATE // 10].min() for at in range(0, len(gain), RATE // 10)]
    assert np.allclose(facts.curve_db, 20.0 * np.log10(lowest), atol=0.006)


@pytest.mark.parametrize("rate_hz", [48_000, 96_000])
def test_what_is_taken_away_comes_back_by_two_thirds_in_80_ms(rate_hz: int) -> None:
    sound = np.zeros((2 * rate_hz, 1))
    sound[rate_hz] = 2.0
    gain = Limiter(rate_hz, 0.0).gain([sound])
    assert gain is not None
    assert gain.min() == pytest.approx(0.5, abs=1e-9)
    taken = 1.0 - gain[rate_hz + rate_hz // 20 :: round(0.08 * rate_hz)][:3]
    assert (taken[1:] / taken[:-1]).tolist() == pytest.approx([np.exp(-1.0)] * 2, abs=0.002)
    falling = rate_hz - int(np.flatnonzero(gain < 1.0 - 1e-6)[0])
    assert falling / rate_hz == pytest.approx(0.004, abs=0.0001), "4 ms before, it begins to fall"


@pytest.mark.parametrize(("rate_hz", "factor"), [(48_000, 4), (88_200, 4), (96_000, 2), (192_000, 2)])
def test_the_third_reading_is_that_of_the_library_at_each_rate(rate_hz: int, factor: int) -> None:
    sound = noise(400, 7)[:, :1]
    table = library_interpolator(factor)
    plain = max(float(np.abs(np.convolve(sound[:, 0], taps[::-1], "valid")).max()) for taps in table)
    assert largest_peaks([sound], rate_hz, -40.0)[2] == pytest.approx(plain, rel=1e-6)
    assert library_interpolator(2).shape != library_interpolator(4).shape
