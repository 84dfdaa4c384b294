"""The kernels of a mix: the same numbers as the plain way, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemkit.audio.reader import decode
from stemkit.dsp.quantise import DitherKey, channel_keys, quantise_block
from stemkit.kernels.mixdown import (
    FITS,
    IS_NOTHING,
    IS_PACKED,
    IS_SOUND,
    OFF_GRID,
    OVER,
    Rows,
    add_up,
    largest_rests,
    print_24,
)

ORDER = np.array([[0, 1, 2], [1, 2, -1], [0, -1, -1], [1, -1, -1], [2, -1, -1]])
KEYS = [DitherKey(name) for name in ("VO", "SFX", "MUSIC")]
WINDOW = 200
Sounds = NDArray[np.float64]


def rows_of(frames: int, seed: int, kinds: list[int], scale: float = 0.2) -> tuple[Rows, Sounds]:
    """Return three stereo roles on the 24-bit grid, and what they are as numbers, each times its gain."""
    rng = np.random.default_rng(seed)
    steps = np.round(np.clip(rng.normal(0.0, scale, (3, 2 * frames)), -1.0, 1.0 - 2.0**-23) * 2.0**23)
    steps[:, 4:8] = 0.0
    steps[0, 9::4] = steps[0, 8:-1:4][: len(steps[0, 9::4])]  # equal channels now and then
    raw = np.zeros((3, 6 * frames + 32), np.uint8)
    for row, values in zip(raw, steps, strict=True):
        row[: 6 * frames] = values.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].reshape(-1)
    sound = rng.normal(0.0, scale / 2.0, (3, 2 * frames))
    gains = np.array([1.0, 0.7, 1.0])
    numbers = np.array([decode(row[: 6 * frames].data, "PCM_24", 2).reshape(-1) for row in raw])
    found = [
        {IS_NOTHING: 0.0 * n, IS_PACKED: n, IS_SOUND: s}[kind] for n, s, kind in zip(numbers, sound, kinds, strict=True)
    ]
    rows = Rows(raw, sound, np.array(kinds, np.int64), gains, 2 * frames)
    return rows, np.array(found) * gains[:, np.newaxis]


def summed(sounds: Sounds) -> Sounds:
    totals = []
    for order in ORDER:
        total = sounds[order[0]]
        for role in order[1:][order[1:] >= 0]:
            total = total + sounds[role]
        totals.append(total)
    return np.array(totals)


KINDS = st.lists(st.sampled_from([IS_NOTHING, IS_PACKED, IS_SOUND]), min_size=3, max_size=3)


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(1, 900), seed=st.integers(0, 99), kinds=KINDS, offset=st.integers(0, 500))
def test_sums_and_their_largest_values(frames: int, seed: int, kinds: list[int], offset: int) -> None:
    rows, sounds = rows_of(frames, seed, kinds)
    places = np.array([1, -1, 0, -1, -1])
    sums = np.full((2, 2 * frames + 7), 9.0)
    count = -(-(offset + 2 * frames) // WINDOW)
    peaks = np.zeros((len(ORDER), count))
    add_up(rows, ORDER, places, sums, 5, peaks, WINDOW, offset)
    totals = summed(sounds)
    assert np.array_equal(sums[1, 5:-2], totals[0])
    assert np.array_equal(sums[0, 5:-2], totals[2])
    assert (sums[:, :5] == 9.0).all()
    assert (sums[:, -2:] == 9.0).all()
    padded = np.pad(np.abs(totals), ((0, 0), (offset, count * WINDOW - offset - 2 * frames)))
    assert np.array_equal(peaks, padded.reshape(len(ORDER), count, WINDOW).max(axis=2))


@settings(max_examples=40, deadline=None)
@given(
    frames=st.integers(1, 900),
    seed=st.integers(0, 99),
    kinds=KINDS,
    start=st.integers(0, 10**9),
    has_curve=st.booleans(),
)
def test_prints_are_what_rounding_and_adding_gives(
    frames: int, seed: int, kinds: list[int], start: int, has_curve: bool
) -> None:
    rows, sounds = rows_of(frames, seed, kinds, 0.1)
    keys = np.array([channel_keys(key, 2) for key in KEYS])
    curve = np.linspace(0.5, 1.0, frames) if has_curve else np.ones(0)
    packed = np.zeros((len(ORDER), 6 * frames + 9), np.uint8)
    assert print_24(rows, 0.8, curve, np.ones(3, np.bool_), keys, start, ORDER, packed, 6) == FITS
    blocks = (sounds * 0.8).reshape(3, frames, 2) * (curve[:, np.newaxis] if has_curve else 1.0)
    rounded = np.array([quantise_block(block, 24, key, start) for block, key in zip(blocks, KEYS, strict=True)])
    for row, total in zip(packed, summed(rounded.reshape(3, -1)), strict=True):
        assert np.array_equal(decode(row[6:-3].data, "PCM_24", 2).reshape(-1), total)
    assert not packed[:, :6].any()
    assert not packed[:, -3:].any()


def test_what_nothing_touched_passes_bit_for_bit() -> None:
    rows, sounds = rows_of(300, 5, [IS_PACKED, IS_NOTHING, IS_PACKED])
    keys = np.array([channel_keys(key, 2) for key in KEYS])
    packed = np.zeros((len(ORDER), 6 * 300), np.uint8)
    assert print_24(rows, 1.0, np.ones(0), np.zeros(3, np.bool_), keys, 0, ORDER, packed, 0) == FITS
    assert np.array_equal(packed[2], rows.raw[0, : 6 * 300])
    assert np.array_equal(decode(memoryview(packed[0]), "PCM_24", 2).reshape(-1), sounds[0] + sounds[2])


@pytest.mark.parametrize(
    ("value", "is_touched", "result"), [(0.9, True, OVER), (0.6, True, OFF_GRID), (0.3, False, OFF_GRID)]
)
def test_what_does_not_fit_is_told(value: float, is_touched: bool, result: int) -> None:
    rows, _ = rows_of(64, 1, [IS_SOUND, IS_SOUND, IS_SOUND])
    rows.gains[:] = 1.0
    rows.sound[:] = 0.0
    rows.sound[:2, 70] = value  # 0.9 times 1.2 is more than full scale; twice 0.6 times 1.2 is in the sum
    if not is_touched:
        rows.sound[:2, 70] += 2.0**-30
    keys, packed = np.array([channel_keys(key, 2) for key in KEYS]), np.zeros((len(ORDER), 6 * 64), np.uint8)
    touched = np.full(3, is_touched)
    assert print_24(rows, 1.2, np.ones(0), touched, keys, 0, ORDER, packed, 0) == result


@settings(max_examples=30, deadline=None)
@given(frames=st.integers(1, 900), seed=st.integers(0, 99))
def test_rests_are_counted_in_steps(frames: int, seed: int) -> None:
    rows, sounds = rows_of(frames, seed, [IS_PACKED] * 3)
    signs = np.array([[1.0, 1.0, -1.0], [0.0, 1.0, 0.0], [1.0, -1.0, 0.0]])
    largest = np.array([0.0, 0.0, 1e9])
    largest_rests(rows.raw, 2 * frames, signs, largest)
    plain = np.round(sounds / rows.gains[:, np.newaxis] * 2.0**23)
    rests = np.abs(signs @ plain).max(axis=1)
    assert largest.tolist() == [rests[0], rests[1], 1e9]
