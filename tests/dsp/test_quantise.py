"""The quantiser: statistics of triangular dither, exact pass-through, and the same bits however it is cut."""

from __future__ import annotations

import hashlib
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.block import Block
from stemkit.core.errors import SumOverflow
from stemkit.dsp.quantise import DitherKey, is_on_grid, packed_24, quantise, quantise_block

KEY = DitherKey("VO")


def _steps(sound: Block, bits: int, key: DitherKey = KEY, start: int = 0) -> Block:
    return quantise_block(sound, bits, key, start) * float(2 ** (bits - 1))


def _noise(length: int, channels: int = 2, seed: int = 1) -> Block:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (length, channels))


@pytest.mark.parametrize(("bits", "expected_dbfs"), [(16, -96.33), (24, -144.49)])
def test_the_error_has_the_power_of_triangular_dither(bits: int, expected_dbfs: float) -> None:
    sound = _noise(1 << 20)
    error = quantise_block(sound, bits, KEY, 0) - sound
    assert 20 * math.log10(float(np.sqrt(np.mean(error**2)))) == pytest.approx(expected_dbfs, abs=0.1)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("offset", [0.0, 0.25, 0.5, 0.75])
def test_the_error_has_no_mean_and_no_noise_modulation(offset: float, bits: int) -> None:
    # An offset of 0 would be digital silence, which stays silent: take a whole number of steps instead.
    sound = np.full((1 << 20, 1), (3.0 + offset) * 2.0 ** (1 - bits))
    error = _steps(sound, bits) - (3.0 + offset)
    assert abs(float(error.mean())) < 0.01
    assert float(error.var()) == pytest.approx(0.25, rel=0.01)


def test_a_tone_below_one_step_survives_without_harmonics() -> None:
    length, cycles = 1 << 21, 43_563  # 997 Hz and a little at 48 kHz, whole cycles: no window needed
    tone = 10 ** (-100 / 20) * np.sin(2 * np.pi * cycles * np.arange(length) / length)
    spectrum = np.abs(np.fft.rfft(quantise_block(tone[:, np.newaxis], 16, KEY, 0)[:, 0])) * 2 / length
    assert 20 * math.log10(spectrum[cycles]) == pytest.approx(-100, abs=0.2)
    floor = float(np.sqrt(np.mean(spectrum**2)))
    for harmonic in range(2, 12):
        assert spectrum[cycles * harmonic] < 5 * floor


def test_the_dither_is_white_and_triangular() -> None:
    sound = np.full((1 << 20, 1), 0.25)
    noise = _steps(sound, 24)[:, 0] - 0.25 * 2.0**23
    counts = {value: int(np.sum(noise == value)) / len(noise) for value in (-1.0, 0.0, 1.0)}
    assert sum(counts.values()) == 1.0
    assert counts[-1.0] == pytest.approx(0.125, abs=0.002)
    assert counts[0.0] == pytest.approx(0.75, abs=0.002)
    for lag in (1, 2, 3, 64, 48_000):
        assert abs(np.corrcoef(noise[:-lag], noise[lag:])[0, 1]) < 0.005


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DitherKey("VO"), DitherKey("SFX")),
        (DitherKey("VO"), DitherKey("VO", "conform")),
        (DitherKey("SFX"), DitherKey("MUSIC")),
    ],
)
def test_roles_and_purposes_have_independent_noise(one: DitherKey, other: DitherKey) -> None:
    sound = np.full((1 << 18, 1), 0.3)
    a, b = (_steps(sound, 24, key)[:, 0] - 0.3 * 2.0**23 for key in (one, other))
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.01


def test_channels_have_independent_noise_unless_they_are_equal() -> None:
    left, right = np.full(1 << 18, 0.3), np.full(1 << 18, 0.3000001)
    apart = _steps(np.column_stack([left, right]), 24)
    error: Block = apart - np.column_stack([left, right]) * 2.0**23
    assert abs(np.corrcoef(error[:, 0], error[:, 1])[0, 1]) < 0.01
    twins = _steps(np.column_stack([left, left]), 24)
    assert np.array_equal(twins[:, 0], twins[:, 1])


def test_dual_mono_stays_dual_mono_and_equals_the_mono_file() -> None:
    mono = _noise(10_000, 1)
    both = quantise_block(np.repeat(mono, 2, axis=1), 16, KEY, 77)
    assert np.array_equal(both[:, 0], both[:, 1])
    assert np.array_equal(both[:, :1], quantise_block(mono, 16, KEY, 77))


def test_digital_silence_stays_silent_and_one_loud_channel_does_not_silence_the_other() -> None:
    sound = _noise(4000)
    sound[1000:2000] = 0.0
    sound[2000:3000, 1] = 0.0
    written = quantise_block(sound, 24, KEY, 0)
    assert not written[1000:2000].any()
    assert written[2000:3000, 1].any()


@settings(deadline=None, max_examples=60)
@given(cuts=st.lists(st.integers(0, 3000), max_size=8), start=st.integers(0, 2**40), bits=st.sampled_from([16, 24]))
def test_blocks_do_not_matter(cuts: list[int], start: int, bits: int) -> None:
    sound = _noise(3000)
    sound[500:600] = 0.0
    edges = [0, *sorted(cuts), 3000]
    blocks = [sound[a:b] for a, b in pairwise(edges)]
    pieces = list(quantise(iter(blocks), bits, KEY, start_sample=start))
    assert np.array_equal(np.concatenate(pieces), quantise_block(sound, bits, KEY, start))


def test_strides_do_not_matter() -> None:
    sound = _noise(1000, 4)
    view = sound[::2, 1:3]
    assert np.array_equal(quantise_block(view, 24, KEY, 5), quantise_block(view.copy(), 24, KEY, 5))


@pytest.mark.parametrize("bits", [16, 24])
def test_what_nothing_touched_passes_bit_for_bit(bits: int) -> None:
    scale = 2 ** (bits - 1)
    values = np.random.default_rng(3).integers(-scale, scale, (50_000, 2)).astype(np.float64) / scale
    values[:2] = [[-1.0, 1.0 - 1 / scale], [1.0 - 1 / scale, -1.0]]
    assert np.array_equal(quantise_block(values, bits, KEY, 0, False), values)
    assert np.array_equal(quantise_block(values, bits, KEY, 0, np.zeros(len(values), dtype=bool)), values)


def test_a_mask_says_sample_by_sample_what_was_touched() -> None:
    values = np.full((1000, 2), 1000 / 2**15)
    touched = np.arange(1000) >= 500
    written = quantise_block(values, 16, KEY, 0, touched)
    assert np.array_equal(written[:500], values[:500])
    assert np.array_equal(written[500:], quantise_block(values, 16, KEY, 0)[500:])
    assert not np.array_equal(written[500:], values[500:])


def test_untouched_values_off_the_grid_are_a_defect() -> None:
    with pytest.raises(ValueError, match="not on the 16-bit grid"):
        quantise_block(np.full((1, 1), 0.1), 16, KEY, 0, False)


@pytest.mark.parametrize("value", [1.0, 1.5, -1.0001, math.inf, math.nan])
def test_nothing_is_ever_clipped(value: float) -> None:
    sound = np.full((10, 2), 0.25)
    sound[7, 1] = value
    with pytest.raises(SumOverflow, match="the first at sample 107"):
        quantise_block(sound, 16, KEY, 100)


@pytest.mark.parametrize("edge", [-1.0, 1.0 - 2.0**-15, 1.0 - 1.2 * 2.0**-15])
def test_at_the_edge_of_the_range_the_dither_gives_way_not_the_sound(edge: float) -> None:
    written = quantise_block(np.full((10_000, 1), edge), 16, KEY, 0)
    assert float(np.abs(written - edge).max()) < 1.7 * 2.0**-15
    assert written.min() >= -1.0
    assert written.max() <= 1.0 - 2.0**-15


def test_on_grid_knows_the_grid() -> None:
    assert is_on_grid(np.array([[-1.0, 0.5, 1.0 - 2.0**-15]]), 16)
    assert not is_on_grid(np.array([[1.0]]), 16)
    assert not is_on_grid(np.array([[2.0**-16]]), 16)
    assert not is_on_grid(np.array([[math.nan]]), 16)


def test_the_noise_is_that_of_the_first_release() -> None:
    # The same bytes for ever: prints of two versions must not differ by dither alone.
    written = _steps(np.full((4096, 2), [0.1, -0.2]), 24, DitherKey("MUSIC"), 123_456).astype(np.int32)
    assert hashlib.sha256(written.astype("<i4").tobytes()).hexdigest()[:16] == "f3239395ce64912e"


def test_of_several_equal_channels_the_first_decides() -> None:
    one, other = _noise(2000, 1, 1)[:, 0], _noise(2000, 1, 2)[:, 0]
    written = quantise_block(np.column_stack([other, one, one, other, one]), 24, KEY, 3)
    assert np.array_equal(written[:, 1], written[:, 2])
    assert np.array_equal(written[:, 1], written[:, 4])
    assert np.array_equal(written[:, 0], written[:, 3])
    assert np.array_equal(written[:, :2], quantise_block(np.column_stack([other, one]), 24, KEY, 3))


@pytest.mark.parametrize("bits", [16, 24])
def test_the_grid_ends_where_its_integers_end(bits: int) -> None:
    step = 2.0 ** (1 - bits)
    assert is_on_grid(np.array([[-1.0], [1.0 - step]]), bits)
    assert not is_on_grid(np.array([[1.0]]), bits)
    assert not is_on_grid(np.array([[-1.0 - step]]), bits)


def test_a_stream_begins_at_sample_0_unless_it_is_said() -> None:
    block = np.full((64, 2), 0.1)
    key = DitherKey("VO", "print")
    (streamed,) = quantise(iter([block]), 16, key)
    assert np.array_equal(streamed, quantise_block(block, 16, key, 0))


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize(
    ("steps", "is_there"),
    [(-1.0, True), (-1.0 - 1.0 / 32_768, False), (1.0 - 1.0 / 32_768, True), (1.0, False), (1.5 / 2**23, False)],
)
def test_a_grid_ends_where_its_integers_end(bits: int, steps: float, is_there: bool) -> None:
    sound = np.array([[0.0], [steps]])
    assert is_on_grid(sound, bits) is is_there


def test_both_ends_of_the_grid_are_taken_untouched() -> None:
    ends = np.array([[-1.0], [1.0 - 2.0**-15]])
    assert np.array_equal(quantise_block(ends, 16, KEY, 0, False), ends)
    for beyond in (-1.0 - 2.0**-15, 1.0):
        with pytest.raises((SumOverflow, ValueError)):
            quantise_block(np.array([[beyond]]), 16, KEY, 0, False)


@pytest.mark.parametrize(("channels", "copies"), [(1, 1), (1, 2), (2, 1)])
@pytest.mark.parametrize("length", [0, 1, 255, 513, 20_001])
def test_packed_at_once_is_what_a_writer_would_store(channels: int, copies: int, length: int) -> None:
    block = np.random.default_rng(length).normal(0.0, 0.2, (length, channels)).clip(-1.0, 1.0 - 2.0**-23)
    block[length // 3 : length // 2] = 0.0
    key = DitherKey("VO", "conform")
    whole = np.repeat(quantise_block(block, 24, key, 7_000_001) * 2.0**23, copies, axis=1).astype("<i4")
    expected = whole.reshape(-1, 1).view(np.uint8)[:, :3].tobytes()
    assert packed_24(block, key, 7_000_001, copies).tobytes() == expected


@pytest.mark.parametrize("channels", [1, 2])
def test_packed_at_once_says_what_does_not_fit(channels: int) -> None:
    block = np.zeros((1000, channels))
    block[700] = 1.25
    with pytest.raises(SumOverflow, match="sample 5700"):
        packed_24(block, DitherKey("VO", "conform"), 5000)


def test_what_does_not_fit_into_a_file_of_24_bits_is_told_of_24_bits() -> None:
    with pytest.raises(SumOverflow, match="exceed full scale at 24 bit, the first at sample 70"):
        packed_24(np.full((64, 1), 1.5), KEY, 70)
    sound = _noise(64, 1)
    assert packed_24(sound, KEY, 70).tobytes() == packed_24(sound, KEY, 70, 1).tobytes()
