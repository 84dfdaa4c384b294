"""Which stems vote for which offsets; what is the same is tested in ``test_relations.py``."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stemkit.core.film import Role
from stemkit.meters import twins
from stemkit.meters._content import FRAMES_PER_SECOND
from stemkit.meters.twins import Print


def prints_of(bits: list[np.ndarray[tuple[int], np.dtype[np.uint32]]]) -> list[Print]:
    return [
        Print(number, Path(f"{number}.wav"), Role.VO, each, np.zeros(len(each))) for number, each in enumerate(bits, 1)
    ]


def counted_one_by_one(prints: list[Print]) -> dict[tuple[int, int], list[int]]:
    """Return what a plain count gives: frames that are equal vote, those too common only for their next ones."""
    frames = [
        (int(one.bits[at]), owner, at) for owner, one in enumerate(prints) for at in np.flatnonzero(one.sounds).tolist()
    ]
    frames.sort(key=lambda frame: frame[0])
    votes: Counter[tuple[int, int, int]] = Counter()
    for first, (bits, owner, at) in enumerate(frames):
        for other_bits, other, other_at in frames[first + 1 : first + twins._MOST_COMMON]:
            if bits == other_bits and owner < other:
                votes[owner, other, at - other_at] += 1
            elif bits == other_bits and owner > other:
                votes[other, owner, other_at - at] += 1
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (one, two, offset), count in votes.items():
        if count >= twins._FEWEST_VOTES:
            found.setdefault((one, two), []).append((count, offset))
    return {pair: [at for _, at in sorted(some, reverse=True)[: twins._MOST_OFFSETS]] for pair, some in found.items()}


@pytest.mark.parametrize("values", [20, 200, 5000])
@pytest.mark.parametrize("shift", [0, 7])
def test_votes_are_those_that_a_plain_count_gives(values: int, shift: int) -> None:
    dice = np.random.default_rng(values + shift)
    base = dice.integers(1, values, 300, dtype=np.uint32)
    others = [dice.integers(1, values, 150 + 50 * n, dtype=np.uint32) for n in range(3)]
    prints = prints_of([base, np.roll(base, shift), base[::-1].copy(), *others, np.zeros(0, np.uint32)])
    found = twins._candidates(prints)
    assert found == counted_one_by_one(prints)
    assert list(found) == sorted(found)


def test_a_film_whose_chapters_all_share_one_sound_costs_little_memory() -> None:
    # Six hours in chapters of ten minutes: each frame is there 36 times.
    base = np.random.default_rng(1).integers(1, 1 << 32, 14_000, dtype=np.uint32)
    prints = prints_of([base] * 36)
    tracemalloc.start()
    found = twins._candidates(prints)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert set(map(tuple, found.values())) == {(0,)}
    assert peak < 90 << 20, f"{peak / (1 << 20):.0f} MiB"


def test_where_and_how_long_two_stems_are_the_same_is_told() -> None:
    dice = np.random.default_rng(2)
    one, other = (dice.integers(1, 1 << 32, length, dtype=np.uint32) for length in (900, 700))
    other[100:400] = one[250:550]
    (twin,) = twins.find_twins(prints_of([one, other])).pairs
    second = FRAMES_PER_SECOND
    assert (twin.chapter, twin.other_chapter, twin.offset_s) == (1, 2, 150 / second)
    # At both ends the window reaches a little into what is not the same.
    assert twin.seconds == pytest.approx(300 / second, abs=1.6)
    assert twin.start_s == pytest.approx(250 / second, abs=0.8)
    assert twin.start_s - twin.other_start_s == pytest.approx(twin.offset_s)
    assert twin.share == pytest.approx(300 / 700, abs=0.06)
    assert 0.0 <= twin.bit_errors < 0.08


@pytest.mark.parametrize(("frames", "is_one"), [(60, False), (150, True)])
def test_five_seconds_in_common_make_a_twin(frames: int, is_one: bool) -> None:
    dice = np.random.default_rng(4)
    one, other = (dice.integers(1, 1 << 32, 600, dtype=np.uint32) for _ in range(2))
    other[100 : 100 + frames] = one[300 : 300 + frames]
    assert bool(twins.find_twins(prints_of([one, other])).pairs) is is_one
    # What no sound is in both has nothing in common.
    silent = [replace(each, levels_db=np.full(600, -99.0)) for each in prints_of([one, other])]
    assert not twins.find_twins([prints_of([one])[0], silent[1]]).pairs
    assert not twins.find_twins(silent).pairs
