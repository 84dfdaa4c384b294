"""The checksum of what is written: however it is cut, and whatever changes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.checksum import WINDOW_BYTES, Checksum

LENGTH = 3 * WINDOW_BYTES + 1001
DATA = np.random.default_rng(1).integers(0, 256, LENGTH, dtype=np.uint8).tobytes()


def checksum(*pieces: bytes) -> int:
    found = Checksum()
    for piece in pieces:
        found.update(piece)
    return found.value


@given(st.lists(st.integers(0, LENGTH), max_size=6))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), LENGTH]
    assert checksum(*(DATA[a:b] for a, b in pairwise(edges))) == checksum(DATA)


@given(st.integers(0, LENGTH - 1), st.integers(1, 255))
def test_a_single_byte_shows(at: int, flip: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= flip
    assert checksum(bytes(changed)) != checksum(DATA)


@given(st.integers(8, LENGTH - 8))
def test_another_order_shows(at: int) -> None:
    assert checksum(DATA[at:], DATA[:at]) != checksum(DATA)


def test_length_counts_and_a_value_may_be_read_on_the_way() -> None:
    assert len({checksum(bytes(length)) for length in (0, 1, 7, 8, 9, WINDOW_BYTES, WINDOW_BYTES + 1)}) == 7
    running = Checksum()
    running.update(DATA[:100])
    assert running.value == checksum(DATA[:100])
    running.update(DATA[100:])
    assert running.value == checksum(DATA)


def test_it_stays_what_it_is() -> None:
    assert checksum(b"stemkit") == checksum(b"stem", b"kit")
    assert checksum(b"") != checksum(b"\0")
