"""Plumbing changes no sample and depends on no cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS, MONO, STEREO, SURROUND_51, SURROUND_51_FILM, Layout
from stemkit.dsp.channels import can_remap, remap
from stemkit.dsp.gain import apply_envelope, apply_gain
from stemkit.dsp.streams import add, length_of, pad_to, rechunk, silence, skip, take, tap

cuts = st.lists(st.integers(0, 40), max_size=12)


def _ramp(length: int, channels: int = 2) -> Block:
    return np.arange(1.0, length * channels + 1.0).reshape(length, channels)


def _cut(sound: Block, sizes: Sequence[int]) -> list[Block]:
    blocks, at = [], 0
    for size in sizes:
        blocks.append(sound[at : at + size])
        at += size
    return [*blocks, sound[at:]]


def _joined(blocks: Sequence[Block], channels: int = 2) -> Block:
    return np.concatenate([np.zeros((0, channels)), *blocks])


@given(length=st.integers(0, 100), sizes=cuts, step=st.integers(1, 50))
def test_rechunk_keeps_every_sample_in_equal_blocks(length: int, sizes: list[int], step: int) -> None:
    sound = _ramp(length)
    blocks = list(rechunk(iter(_cut(sound, sizes)), step))
    assert np.array_equal(_joined(blocks), sound)
    assert all(len(block) == step for block in blocks[:-1])
    assert not blocks or 0 < len(blocks[-1]) <= step


@given(length=st.integers(0, 100), sizes=cuts, count=st.integers(0, 120))
def test_take_and_skip_are_two_halves(length: int, sizes: list[int], count: int) -> None:
    sound = _ramp(length)
    assert np.array_equal(_joined(list(take(iter(_cut(sound, sizes)), count))), sound[:count])
    assert np.array_equal(_joined(list(skip(iter(_cut(sound, sizes)), count))), sound[count:])


@given(length=st.integers(0, 100), sizes=cuts, target=st.integers(0, 200))
def test_padding_only_adds_silence(length: int, sizes: list[int], target: int) -> None:
    padded = _joined(list(pad_to(iter(_cut(_ramp(length), sizes)), target, 2)))
    assert np.array_equal(padded[:length], _ramp(length))
    assert len(padded) == max(length, target)
    assert not padded[length:].any()


@given(a=st.integers(0, 80), b=st.integers(0, 80), sizes_a=cuts, sizes_b=cuts)
def test_a_sum_does_not_depend_on_the_cuts(a: int, b: int, sizes_a: list[int], sizes_b: list[int]) -> None:
    first, second = _ramp(a) * 0.1, _ramp(b) * 0.7
    expected = np.zeros((max(a, b), 2))
    expected[:a] += first
    expected[:b] += second
    total = _joined(list(add(iter(_cut(first, sizes_a)), iter(_cut(second, sizes_b)))))
    assert np.array_equal(total, expected)


def test_a_tap_sees_what_passes() -> None:
    seen: list[Block] = []

    class Sink:
        def push(self, block: Block) -> None:
            seen.append(block)

    passed = list(tap(iter(_cut(_ramp(10), [3, 4])), Sink()))
    assert np.array_equal(_joined(seen), _joined(passed))
    assert length_of(silence(100_000, 2)) == 100_000


def test_mono_goes_to_both_sides_as_it_is() -> None:
    mono = _ramp(5, 1)
    stereo = _joined(list(remap(iter([mono]), MONO, STEREO)))
    assert np.array_equal(stereo, np.repeat(mono, 2, axis=1))
    lower = _joined(list(remap(iter([mono]), MONO, STEREO, -3.0)))
    assert lower == pytest.approx(stereo * 10 ** (-3 / 20), rel=1e-15)


def test_film_order_becomes_itu_order_by_label() -> None:
    labelled = {"L": 1.0, "C": 2.0, "R": 3.0, "Ls": 4.0, "Rs": 5.0, "LFE": 6.0}
    film = np.array([[labelled[label] for label in SURROUND_51_FILM.labels]])
    itu = next(remap(iter([film]), SURROUND_51_FILM, SURROUND_51))
    assert itu[0].tolist() == [labelled[label] for label in SURROUND_51.labels]
    back = next(remap(iter([itu]), SURROUND_51, SURROUND_51_FILM))
    assert np.array_equal(back, film)


def test_mono_goes_to_the_centre_where_there_is_one() -> None:
    wide = next(remap(iter([_ramp(2, 1)]), MONO, SURROUND_51))
    assert wide[:, SURROUND_51.labels.index("C")].tolist() == [1.0, 2.0]
    assert np.count_nonzero(wide) == 2


@pytest.mark.parametrize("source", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_nothing_is_ever_folded_down(source: Layout) -> None:
    for target in LAYOUTS.values():
        if can_remap(source, target):
            assert target.count >= source.count
        else:
            with pytest.raises(ValueError, match="no place"):
                remap(iter(()), source, target)


def test_no_gain_is_no_change() -> None:
    sound = _ramp(7)
    assert np.array_equal(_joined(list(apply_gain(iter([sound]), 0.0))), sound)
    assert _joined(list(apply_gain(iter([sound]), 6.0))) == pytest.approx(sound * 10**0.3)


@given(sizes=cuts)
def test_an_envelope_goes_by_absolute_position(sizes: list[int]) -> None:
    sound = np.ones((50, 2))
    moved = apply_envelope(iter(_cut(sound, sizes)), lambda a, b: np.arange(a, b, dtype=np.float64), 100)
    assert np.array_equal(_joined(list(moved))[:, 0], np.arange(100.0, 150.0))
