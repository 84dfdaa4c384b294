"""Rate conversion, measured by the figures of merit that converters are compared by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.block import Block
from stemkit.core.timebase import resampled_length
from stemkit.dsp.resample import resample

RATIOS = [
    (44_100, 48_000),
    (48_000, 44_100),
    (96_000, 48_000),
    (88_200, 48_000),
    (192_000, 48_000),
    (32_000, 48_000),
    (22_050, 48_000),
    (16_000, 48_000),
    (8_000, 48_000),
    (11_025, 48_000),
    (47_952, 48_000),
    (48_048, 48_000),
    (96_000, 44_100),
    (88_200, 44_100),
    (192_000, 44_100),
    (32_000, 44_100),
    (22_050, 44_100),
    (48_000, 96_000),
]
DELIVERED = [
    (one, other) for one in (22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000) for other in (48_000, 44_100)
]
DELIVERED = [(one, other) for one, other in DELIVERED if one != other]
"""Rates that creators deliver, to both rates that profiles ask for."""


def _run(sound: Block, from_hz: int, to_hz: int, block: int = 65_536) -> Block:
    blocks = (sound[at : at + block] for at in range(0, len(sound), block))
    out = list(resample(blocks, from_hz, to_hz, sound.shape[1], len(sound)))
    return np.concatenate([np.zeros((0, sound.shape[1])), *out])


def _tone(hz: float, level_dbfs: float, rate_hz: int, seconds: float) -> Block:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hz * time))[:, np.newaxis]


def _middle(sound: Block) -> Block:
    return sound[len(sound) // 4 : 3 * len(sound) // 4, 0]


def _fit(sound: Block, hz: float, rate_hz: int) -> tuple[float, float]:
    """Return the amplitude of a tone and the RMS of everything else, by least squares."""
    time = np.arange(len(sound)) / rate_hz
    basis = np.column_stack([np.sin(2 * np.pi * hz * time), np.cos(2 * np.pi * hz * time)])
    weights, *_ = np.linalg.lstsq(basis, sound, rcond=None)
    rest = sound - basis @ weights
    return float(np.hypot(*weights)), float(np.sqrt(np.mean(rest**2)))


def _db(value: float) -> float:
    return 20 * math.log10(max(value, 1e-20))


@pytest.mark.parametrize(("from_hz", "to_hz"), RATIOS)
def test_an_impulse_stays_where_it_was(from_hz: int, to_hz: int) -> None:
    sound = np.zeros((from_hz, 1))
    at = from_hz // 2
    sound[at] = 0.5
    out = _run(sound, from_hz, to_hz)[:, 0]
    expected = Fraction(at * to_hz, from_hz)
    # The centre of a linear-phase impulse is its centre of energy.
    centre = float(np.sum(np.arange(len(out)) * out**2) / np.sum(out**2))
    assert centre == pytest.approx(float(expected), abs=1e-6)
    assert abs(int(np.argmax(np.abs(out))) - expected) <= Fraction(1, 2)


@settings(deadline=None, max_examples=80)
@given(
    length=st.integers(0, 5000),
    rates=st.sampled_from(RATIOS),
    channels=st.integers(1, 3),
    block=st.integers(1, 6000),
)
def test_length_is_exact_and_blocks_do_not_matter(
    length: int, rates: tuple[int, int], channels: int, block: int
) -> None:
    sound = np.random.default_rng(length).standard_normal((length, channels))
    whole = _run(sound, *rates)
    assert len(whole) == resampled_length(length, *rates)
    assert np.array_equal(_run(sound, *rates, block=block), whole)


@pytest.mark.parametrize(("from_hz", "to_hz"), DELIVERED)
def test_the_passband_is_flat_and_pure_to_its_edge(from_hz: int, to_hz: int) -> None:
    edge = min(20_000.0, 0.9 * min(from_hz, to_hz) / 2)
    for hz in (20.0, 997.0, 0.5 * edge, 0.75 * edge, 0.95 * edge, edge):
        out = _middle(_run(_tone(hz, -1.0, from_hz, 0.5), from_hz, to_hz))
        amplitude, rest = _fit(out, hz, to_hz)
        assert abs(_db(amplitude) + 1.0) < 0.01, hz
        # All that is not the tone is below the limit for a single line, so every spur is.
        assert _db(rest) < -145.0, hz


@pytest.mark.parametrize(("from_hz", "to_hz"), [pair for pair in DELIVERED if pair[0] > pair[1]])
def test_what_does_not_fit_into_the_band_is_gone(from_hz: int, to_hz: int) -> None:
    nyquist, top = to_hz / 2, from_hz / 2
    for hz in np.linspace(1.045 * nyquist, 0.98 * top, 7) if top > 1.1 * nyquist else (0.985 * top,):
        out = _run(_tone(float(hz), -4.0, from_hz, 0.5), from_hz, to_hz)
        assert _db(float(np.sqrt(np.mean(_middle(out) ** 2)))) < -145.0, hz


@pytest.mark.parametrize(("from_hz", "to_hz"), [pair for pair in DELIVERED if pair[0] < pair[1]])
def test_no_image_of_the_band_appears_above_it(from_hz: int, to_hz: int) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (from_hz, 1))
    out = _run(noise, from_hz, to_hz)[to_hz // 4 : -to_hz // 4, 0]
    window = np.blackman(len(out)) / np.sum(np.blackman(len(out)))
    spectrum = 2.0 * np.abs(np.fft.rfft(out * window))
    above = np.fft.rfftfreq(len(out), 1 / to_hz) > 1.02 * from_hz / 2
    if above.any():
        assert _db(float(spectrum[above].max())) < -145.0


def test_a_sweep_to_nyquist_leaves_no_alias() -> None:
    rate, seconds = 96_000, 4.0
    time = np.arange(int(rate * seconds)) / rate
    sweep = np.sin(np.pi * (48_000 / seconds) * time**2)[:, np.newaxis]
    out = _run(sweep, rate, 44_100)[:, 0]
    # After 24.2 kHz the sweep has left the band; its last tenth of a second ends abruptly.
    silent = out[int(44_100 * seconds * 24_200 / 48_000) : -4410]
    assert _db(float(np.abs(silent).max())) < -145.0


def test_two_tones_make_no_third() -> None:
    low, high = _tone(64.59, -6.0, 44_100, 2.0), _tone(6998.0, -18.0, 44_100, 2.0)
    out = _middle(_run(low + high, 44_100, 48_000))
    time = np.arange(len(out)) / 48_000
    basis = np.column_stack([f(2 * np.pi * hz * time) for hz in (64.59, 6998.0) for f in (np.sin, np.cos)])
    weights, *_ = np.linalg.lstsq(basis, out, rcond=None)
    assert _db(float(np.sqrt(np.mean((out - basis @ weights) ** 2)))) < -145.0


def test_the_minus_3_db_point_is_beyond_nine_tenths_of_the_band() -> None:
    edge = 0.907 * 22_050
    amplitude, _ = _fit(_middle(_run(_tone(edge, 0.0, 96_000, 1.0), 96_000, 44_100)), edge, 44_100)
    assert _db(amplitude) > -3.0


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44_100, 48_000), (48_000, 44_100), (96_000, 48_000)])
def test_nothing_drifts_over_a_feature(from_hz: int, to_hz: int) -> None:
    # 90 minutes at a tenth of the rates, which is the same ratio and the same filter: clicks every ten minutes are
    # where they were, to less than a thousandth of a sample, and the length is exact.
    from_hz, to_hz = from_hz // 10, to_hz // 10
    length, clicks = (
        90 * 60 * from_hz,
        [minute * 60 * from_hz + 7 for minute in (0.01, 10, 20, 30, 40, 50, 60, 70, 80, 89.9)],
    )
    wanted = [round(at) for at in clicks]

    def blocks() -> Iterator[Block]:
        for start in range(0, length, 1 << 20):
            block = np.zeros((min(1 << 20, length - start), 1))
            here = [at - start for at in wanted if start <= at < start + len(block)]
            block[here] = 1.0
            yield block

    around = {round(Fraction(at * to_hz, from_hz)): at for at in wanted}
    found, position, tail = {}, 0, np.zeros(0)
    for block in resample(blocks(), from_hz, to_hz, 1, length):
        joined, first = np.concatenate([tail, block[:, 0]]), position - len(tail)
        for near in (near for near in around if first + 64 <= near < first + len(joined) - 64):
            part = joined[near - 64 - first : near + 65 - first]
            centre = near - 64 + float(np.sum(np.arange(129) * part**2) / np.sum(part**2))
            found[near] = centre - float(Fraction(around[near] * to_hz, from_hz))
        position, tail = position + len(block), joined[-256:]
    assert position == resampled_length(length, from_hz, to_hz) == 90 * 60 * to_hz
    assert set(found) == set(around)
    assert max(map(abs, found.values())) < 1e-3


@settings(max_examples=200)
@given(st.sampled_from(RATIOS), st.integers(0, 2**40))
def test_the_law_of_length_is_that_of_the_clock(rates: tuple[int, int], length: int) -> None:
    from_hz, to_hz = rates
    assert abs(resampled_length(length, from_hz, to_hz) - Fraction(length * to_hz, from_hz)) <= Fraction(1, 2)


def test_silence_stays_silent_away_from_sound() -> None:
    sound = np.zeros((44_100 * 3, 2))
    sound[44_100 : 2 * 44_100] = np.random.default_rng(0).standard_normal((44_100, 2)) * 0.1
    out = _run(sound, 44_100, 48_000)
    assert not out[: int(48_000 * 0.9)].any()
    assert not out[int(48_000 * 2.1) :].any()


def test_equal_rates_pass_every_bit() -> None:
    sound = np.random.default_rng(0).standard_normal((1000, 2))
    assert np.array_equal(_run(sound, 48_000, 48_000), sound)
