"""Packed samples: what is added and packed is what it was, and nothing is packed that does not fit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.audio.reader import decode
from stemkit.kernels.pcm import add_24, pack_24

STEPS = st.lists(st.integers(-(2**23), 2**23 - 1), min_size=1, max_size=40)


@settings(max_examples=50, deadline=None)
@given(steps=STEPS)
def test_values_are_packed_and_come_back(steps: list[int]) -> None:
    values = np.array(steps) / 2.0**23
    raw = np.zeros(3 * len(values), np.uint8)
    assert pack_24(values, raw)
    assert raw.tobytes() == b"".join(step.to_bytes(3, "little", signed=True) for step in steps)
    assert np.array_equal(decode(memoryview(raw.tobytes()), "PCM_24", 1)[:, 0], values)


@settings(max_examples=50, deadline=None)
@given(steps=STEPS, gain=st.floats(-2.0, 2.0), before=st.floats(-1.0, 1.0))
def test_packed_samples_are_added_as_numbers_are(steps: list[int], gain: float, before: float) -> None:
    values, total = np.array(steps) / 2.0**23, np.full(len(steps), before)
    raw = np.frombuffer(b"".join(step.to_bytes(3, "little", signed=True) for step in steps), np.uint8)
    add_24(raw, gain, total)
    assert np.array_equal(total, before + values * gain)


@pytest.mark.parametrize("wrong", [1.0, -1.0 - 2.0**-23, 2.0**-24, -(2.0**-30), 300.0, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("count", "at"), [(1, 0), (8, 3), (20, 17), (20, 0)])
def test_a_value_that_is_no_step_or_does_not_fit_is_not_packed(wrong: float, count: int, at: int) -> None:
    values = np.zeros(count)
    values[at] = wrong
    assert not pack_24(values, np.zeros(3 * count, np.uint8))
