"""The inner loops of a mix: stems as they lie in their files become sums, prints and proofs in one go.

A few hundred values of every role stand side by side, so that nothing leaves the processor's own memory between
a file and a print. Rows of an array stand behind one another, ``stride`` apart.
"""

# mypy: ignore-errors

from __future__ import annotations

from stemkit.kernels._compile import inner
from stemkit.kernels._dither_body import _dither_pair
from stemkit.kernels._packed import load_i24
from stemkit.kernels._pcm_body import _off_steps, _store_i24, _value
from stemkit.kernels._shape import FITS, IS_NOTHING, IS_PACKED, OFF_GRID, OVER, TILE
from stemkit.kernels._vector import highest, larger, load, magnitude, spread, store

STEPS = 8388608.0


@inner
def _fetch(raw, raw_at, sound, sound_at, kind, gain, n, room, to):
    """Put the next values of a role into the room, times its gain."""
    if kind == IS_NOTHING:
        room[to : to + n] = 0.0
    elif kind == IS_PACKED:
        factor, whole = spread(gain), n - n % 8
        for i in range(0, whole, 8):
            store(room, to + i, load_i24(raw, raw_at + 3 * i) * factor)
        for i in range(whole, n):
            room[to + i] = _value(raw, raw_at + 3 * i) * gain
    else:
        values, found = sound[sound_at : sound_at + n], room[to : to + n]
        for i in range(n):
            found[i] = values[i] * gain


@inner
def _add(room, order, p, n, out, to):
    """Write the sum of some roles, always in one order; return its largest magnitude."""
    best, whole = spread(0.0), n - n % 8
    for i in range(0, whole, 8):
        total = load(room, order[p, 0] * TILE + i)
        for k in range(1, order.shape[1]):
            if order[p, k] >= 0:
                total = total + load(room, order[p, k] * TILE + i)
        store(out, to + i, total)
        best = larger(best, magnitude(total))
    most = highest(best)
    for i in range(whole, n):
        total = room[order[p, 0] * TILE + i]
        for k in range(1, order.shape[1]):
            if order[p, k] >= 0:
                total += room[order[p, k] * TILE + i]
        out[to + i] = total
        most = max(most, abs(total))
    return most


def add_up(
    raw, raw_stride, sound, sound_stride, kinds, gains, count, order, places, sums, sums_stride, at, peaks, window,
    offset, room,
):  # fmt: skip
    """Write the sums of each print, or look at their largest values (`stemkit.kernels.mixdown.add_up`)."""
    roles = kinds.shape[0]
    done = 0
    while done < count:
        n = min(TILE, count - done, window - (offset + done) % window)
        for r in range(roles):
            _fetch(raw, r * raw_stride + 3 * done, sound, r * sound_stride + done, kinds[r], gains[r], n, room,
                   r * TILE)  # fmt: skip
        row = (offset + done) // window
        for p in range(order.shape[0]):
            if places[p] >= 0:
                most = _add(room, order, p, n, sums, places[p] * sums_stride + at + done)
            else:
                most = _add(room, order, p, n, room, roles * TILE)
            if row < peaks.shape[1]:
                peaks[p, row] = max(peaks[p, row], most)
        done += n


@inner
def _pack(room, base, n, packed, to):
    """Pack values; return whether all of them are on the grid and fit."""
    steps, whole = spread(STEPS), n - n % 8
    for i in range(0, whole, 8):
        lanes = load(room, base + i) * steps
        if _off_steps(lanes):
            return False
        _store_i24(packed, to + 3 * i, lanes)
    for i in range(whole, n):
        step = room[base + i] * STEPS
        if not -STEPS <= step <= STEPS - 1.0 or step != int(step):
            return False
        word = int(step)
        for byte in range(3):
            packed[to + 3 * i + byte] = (word >> (8 * byte)) & 255
    return True


def print_24(  # noqa: C901 (one nest of loops, compiled as one)
    raw, raw_stride, sound, sound_stride, kinds, gains, gain, curve, is_touched, keys, start, count, order, packed,
    packed_stride, packed_at, room, grid,
):  # fmt: skip
    """Write the prints of a stretch, packed (`stemkit.kernels.mixdown.print_24`)."""
    roles = kinds.shape[0]
    for done in range(0, count, TILE):
        n = min(TILE, count - done)
        for r in range(roles):
            _fetch(raw, r * raw_stride + 3 * done, sound, r * sound_stride + done, kinds[r], gains[r], n, room,
                   r * TILE)  # fmt: skip
            # Slices are counted from 0, so that their loops run in lanes.
            values, rounded = room[r * TILE : r * TILE + n], grid[r * TILE : r * TILE + n]
            if kinds[r] != IS_NOTHING and is_touched[r]:
                for i in range(n):
                    values[i] *= gain
                if curve.shape[0]:
                    lower = curve[done // 2 : (done + n) // 2]
                    for i in range(n // 2):
                        values[2 * i] *= lower[i]
                        values[2 * i + 1] *= lower[i]
                if _dither_pair(values, STEPS, keys[r], start + done // 2, rounded):
                    return OVER
            else:
                for i in range(n):
                    rounded[i] = values[i]
        for p in range(order.shape[0]):
            _add(grid, order, p, n, grid, roles * TILE)
            if not _pack(grid, roles * TILE, n, packed, p * packed_stride + packed_at + 3 * done):
                return OFF_GRID
    return FITS


def largest_rests(raw, raw_stride, count, signs, largest, room):  # noqa: C901 (one nest of loops)
    """Find how far some sums are from nothing (`stemkit.kernels.mixdown.largest_rests`)."""
    prints = signs.shape[1]
    for done in range(0, count, TILE):
        n = min(TILE, count - done)
        for r in range(prints):
            _fetch(raw, r * raw_stride + 3 * done, room, 0, IS_PACKED, STEPS, n, room, r * TILE)
        for s in range(signs.shape[0]):
            best, whole = spread(0.0), n - n % 8
            for i in range(0, whole, 8):
                total = spread(0.0)
                for r in range(prints):
                    if signs[s, r] != 0.0:
                        total = total + load(room, r * TILE + i) * spread(signs[s, r])
                best = larger(best, magnitude(total))
            most = highest(best)
            for i in range(whole, n):
                rest = 0.0
                for r in range(prints):
                    rest += room[r * TILE + i] * signs[s, r]
                most = max(most, abs(rest))
            largest[s] = max(largest[s], most)
