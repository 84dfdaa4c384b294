"""The kernels of a mix, ready to be called: sums at unity gain, prints, and what is left when prints are subtracted.

Roles and prints are rows. What a role is in a stretch is said by its kind: nothing at all, samples as they lie in
its 24-bit file, or numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels._object_code import ObjectKernel
from stemkit.kernels._shape import FITS, IS_NOTHING, IS_PACKED, IS_SOUND, OFF_GRID, OVER, TILE

__all__ = ["FITS", "IS_NOTHING", "IS_PACKED", "IS_SOUND", "OFF_GRID", "OVER", "Rows", "add_up", "largest_rests",
           "print_24"]  # fmt: skip

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BODY = "stemkit.kernels._mixdown_body"
_add_up = ObjectKernel(_BODY, "add_up", "B1 q0 d1 q0 q1 d1 q0 q2 q1 d1 q0 q0 d2 q0 q0 d1")
_print_24 = ObjectKernel(_BODY, "print_24", "B1 q0 d1 q0 q1 d1 d0 d1 ?1 Q2 q0 q0 q2 B1 q0 q0 d1 d1")
_largest_rests = ObjectKernel(_BODY, "largest_rests", "B1 q0 q0 d2 d1 d1")


@dataclass(frozen=True, slots=True)
class Rows:
    """The roles of a stretch of film.

    Parameters
    ----------
    raw
        Packed samples, shape ``(roles, bytes)``; read where the kind is `IS_PACKED`.
    sound
        Numbers, shape ``(roles, values)``; read where the kind is `IS_SOUND`.
    kinds
        What each role is, shape ``(roles,)``.
    gains
        By which the samples of each role are multiplied, shape ``(roles,)``.
    count
        Values of the stretch: samples times channels.
    """

    raw: Bytes
    sound: Floats
    kinds: Ints
    gains: Floats
    count: int


def add_up(
    rows: Rows, order: Ints, places: Ints, sums: Floats, at: int, peaks: Floats, window: int, offset: int = 0
) -> None:
    """Write the sums of some prints, and raise the largest magnitudes of all of them.

    Parameters
    ----------
    order
        Which roles each print adds, one after the other, shape ``(prints, roles)``; -1 for none.
    places
        Row of ``sums`` that each print is written into, -1 for none.
    at
        Where in those rows the stretch begins.
    peaks
        Shape ``(prints, windows)``; windows beyond its end are not noted.
    window, offset
        Values in a window, and where in its windows the stretch begins.
    """
    room = np.empty((len(rows.kinds) + 1) * TILE)
    _add_up(
        rows.raw.reshape(-1), rows.raw.shape[1], rows.sound.reshape(-1), rows.sound.shape[1], rows.kinds, rows.gains,
        rows.count, order, places, sums.reshape(-1), sums.shape[1], at, peaks, window, offset, room,
    )  # fmt: skip


def print_24(
    rows: Rows, gain: float, curve: Floats, is_touched: NDArray[np.bool_], keys: NDArray[np.uint64], start: int,
    order: Ints, packed: Bytes, at: int,
) -> int:  # fmt: skip
    """Write stereo prints of 24 bit: every role brought onto the grid, with dither where it was touched, then added.

    Parameters
    ----------
    gain
        On all roles that are touched.
    curve
        A gain for each sample of them as well; empty for none.
    is_touched
        For each role; one that nothing touched is on the grid already.
    keys
        Dither of both channels of each role, shape ``(roles, 2)``.
    start
        Position in the film of the first sample.
    packed
        Shape ``(prints, bytes)``, three bytes for each value.
    at
        Byte of those rows at which the stretch begins.

    Returns
    -------
    int
        `FITS`; or `OVER` or `OFF_GRID`, and then what was written is of no use.
    """
    room, grid = np.empty((2, (len(rows.kinds) + 1) * TILE))
    return _print_24(
        rows.raw.reshape(-1), rows.raw.shape[1], rows.sound.reshape(-1), rows.sound.shape[1], rows.kinds, rows.gains,
        gain, curve, is_touched, keys, start, rows.count, order, packed.reshape(-1), packed.shape[1], at, room, grid,
    )  # fmt: skip


def largest_rests(raw: Bytes, count: int, signs: Floats, largest: Floats) -> None:
    """Raise the largest magnitudes of some sums of prints, in steps of 24 bit.

    Parameters
    ----------
    raw
        Packed prints, shape ``(prints, bytes)``.
    count
        Values to look at.
    signs
        How often each print is taken in each sum, shape ``(sums, prints)``.
    """
    room = np.empty(raw.shape[0] * TILE)
    _largest_rests(raw.reshape(-1), raw.shape[1], count, signs, largest, room)
