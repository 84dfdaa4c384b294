"""The same sound in two places of a film, whatever its level, codec or start: fingerprints compared.

A frame's fingerprint is 32 bits. Frames of two stems with all bits equal vote for the offset between
them; an offset with votes is checked bit by bit: unrelated sound differs in half of the bits, the
same sound in few, even after a codec.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import Role
from stemkit.meters._content import FRAMES_PER_SECOND

VERSION = 1
_SOUNDS_DB = -60.0
_MOST_COMMON = 24
_FEWEST_VOTES = 4
_MOST_OFFSETS = 3
_WINDOW = 96
_SAME = 0.33
_SHORTEST_S = 5.0
_PRINT_BITS, _OFFSET_BITS = 16, 30
_MIDDLE = 1 << (_OFFSET_BITS - 1)
"""Two prints and an offset in one word: 65 536 stems of 260 days."""
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """The fingerprint of one stem, and the level of its frames in dBFS."""

    chapter: int
    path: Path
    role: Role
    bits: NDArray[np.uint32]
    levels_db: NDArray[np.floating]

    @property
    def sounds(self) -> NDArray[np.bool_]:
        """Which frames can be compared: those with sound that moves."""
        moves = np.concatenate([[True], self.bits[1:] != self.bits[:-1]]) if len(self.bits) else np.zeros(0, bool)
        return np.asarray((self.levels_db > _SOUNDS_DB) & moves & (self.bits != 0))


@dataclass(frozen=True, slots=True)
class Twin:
    """Two stems that hold the same sound for some time.

    Parameters
    ----------
    offset_s
        Where the second one's sound lies in the first one, minus where it lies in the second.
    seconds
        How long they are the same.
    share
        Share of the shorter one's sound.
    bit_errors
        Share of fingerprint bits that differ there; 0.5 is chance.
    start_s, other_start_s
        Where the common sound begins in both.
    """

    chapter: int
    path: Path
    role: Role
    other_chapter: int
    other_path: Path
    other_role: Role
    offset_s: float
    seconds: float
    share: float
    bit_errors: float
    start_s: float
    other_start_s: float


@dataclass(frozen=True, slots=True)
class Twins:
    """All pairs of stems with sound in common."""

    pairs: tuple[Twin, ...] = ()


RESULT = Twins


def find_twins(prints: Sequence[Print]) -> Twins:
    """Compare all stems with all others."""
    prints = sorted(prints, key=lambda one: (one.chapter, list(Role).index(one.role), str(one.path)))
    found = (_verified(prints[i], prints[j], offsets) for (i, j), offsets in _candidates(prints).items())
    return Twins(tuple(twin for twin in found if twin is not None))


def _candidates(prints: Sequence[Print]) -> dict[tuple[int, int], list[int]]:
    """Return offsets worth a closer look, by pairs of prints: those with most frames that are equal."""
    places = [np.flatnonzero(one.sounds) for one in prints]
    if sum(map(len, places)) < 2:
        return {}
    bits = np.concatenate([one.bits[at] for one, at in zip(prints, places, strict=True)])
    owner = np.repeat(np.arange(len(prints)), [len(at) for at in places])
    frame = np.concatenate(places)
    order = np.argsort(bits, kind="stable")
    bits, owner, frame = bits[order], owner[order], frame[order]
    votes = _Votes()
    for step in range(1, _MOST_COMMON):
        equal = bits[step:] == bits[:-step]
        if step + 1 < _MOST_COMMON and not equal.any():
            break
        a = np.flatnonzero(equal & (owner[step:] != owner[:-step]))
        b = a + step
        swap = owner[a] > owner[b]
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        votes.add(owner[a], owner[b], frame[a] - frame[b])
    return votes.elected()


class _Votes:
    """Counts votes as they come: a film whose chapters all share one sound has twenty for each of its frames."""

    def __init__(self) -> None:
        self._keys, self._counts = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def add(self, one: Ints, other: Ints, offset: Ints) -> None:
        """Count votes for offsets between prints."""
        keys, counts = np.unique((one << _PRINT_BITS | other) << _OFFSET_BITS | offset + _MIDDLE, return_counts=True)
        all_keys, at = np.unique(np.concatenate([self._keys, keys]), return_inverse=True)
        self._counts = np.bincount(at, np.concatenate([self._counts, counts]), len(all_keys)).astype(np.int64)
        self._keys = all_keys

    def elected(self) -> dict[tuple[int, int], list[int]]:
        """Return the offsets with most votes, by pairs of prints."""
        enough = self._counts >= _FEWEST_VOTES
        chosen: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for key, count in zip(self._keys[enough].tolist(), self._counts[enough].tolist(), strict=True):
            pair, offset = divmod(key, 1 << _OFFSET_BITS)
            chosen.setdefault(divmod(pair, 1 << _PRINT_BITS), []).append((count, offset - _MIDDLE))
        return {pair: [offset for _, offset in sorted(found)[::-1][:_MOST_OFFSETS]] for pair, found in chosen.items()}


def _verified(one: Print, other: Print, offsets: Sequence[int]) -> Twin | None:
    checked = [twin for offset in offsets if (twin := _at_offset(one, other, offset)) is not None]
    return max(checked, key=lambda twin: twin.seconds, default=None)


def _at_offset(one: Print, other: Print, offset: int) -> Twin | None:
    start, end = max(0, offset), min(len(one.bits), len(other.bits) + offset)
    if end - start < _WINDOW:
        return None
    differ = one.bits[start:end] ^ other.bits[start - offset : end - offset]
    wrong = np.bitwise_count(differ).astype(np.float64)
    both = one.sounds[start:end] & other.sounds[start - offset : end - offset]
    window = np.ones(_WINDOW)
    count = np.convolve(both, window, "same")
    errors = np.convolve(wrong * both, window, "same") / (32.0 * np.maximum(count, 1.0))
    same = both & (errors < _SAME) & (count > _WINDOW / 8)
    seconds = float(same.sum()) / FRAMES_PER_SECOND
    if seconds < _SHORTEST_S:
        return None
    sounding = min(int(one.sounds.sum()), int(other.sounds.sum()))
    first = start + int(np.flatnonzero(same)[0])
    return Twin(
        one.chapter,
        one.path,
        one.role,
        other.chapter,
        other.path,
        other.role,
        offset / FRAMES_PER_SECOND,
        seconds,
        min(1.0, float(same.sum()) / max(1, sounding)),
        float(wrong[same].mean() / 32.0),
        first / FRAMES_PER_SECOND,
        (first - offset) / FRAMES_PER_SECOND,
    )
