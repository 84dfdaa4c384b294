"""What happens to every sample: levels, hash, K-weighting. Columns stand side by side, eight at a time."""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from stemkit.kernels._compile import inner
from stemkit.kernels._vector import (
    as_words,
    larger,
    load,
    load_words,
    magnitude,
    smaller,
    spread,
    spread_word,
    store,
    store_words,
)

_QUIET_STATE = 1e-30
# Added to a value, this leaves the value times 2**31 in the low bits of the sum, as an integer.
_GRID = 1.5 * 2.0**21


@inner
def measure_levels(flat, r0, r1, width, levels, words, keys):
    """Find levels of some rows and add the rows to the hashes.

    ``levels``, by row: largest magnitude, largest step, smallest sum of two steps in a row, sum, sum of
    squares, distance from the grid of 2**-31; ``words``: all values joined by OR, and two sums of
    keyed products (a universal hash; no defence against malice).
    """
    grid, low = spread(_GRID), spread_word(np.uint64(0xFFFFFFFF))
    shift = spread_word(np.uint64(32))
    for w in range(0, width, 8):
        peak, step, pause = spread(0.0), spread(0.0), spread(1e300)
        total, power = load(levels, 3 * width + w), load(levels, 4 * width + w)
        odd = load(levels, 5 * width + w)
        bits, one, two = load_words(words, w), load_words(words, width + w), load_words(words, 2 * width + w)
        before = load(flat, (r0 - 1) * width + w)
        step_before = magnitude(before - load(flat, (r0 - 2) * width + w))
        for r in range(r0, r1):
            v = load(flat, r * width + w)
            this_step = magnitude(v - before)
            peak = larger(peak, magnitude(v))
            step = larger(step, this_step)
            pause = smaller(pause, this_step + step_before)
            total = total + v
            power = power + v * v
            before, step_before = v, this_step
            on_grid = v + grid
            odd = larger(odd, magnitude((on_grid - grid) - v))
            bits = bits | as_words(on_grid)
            word = as_words(v)
            a = word ^ spread_word(keys[2 * r])
            b = word ^ spread_word(keys[2 * r + 1])
            one = one + (a & low) * (a >> shift)
            two = two + ((b & low) * (b >> shift) + word)
        store(levels, w, peak)
        store(levels, width + w, step)
        store(levels, 2 * width + w, pause)
        store(levels, 3 * width + w, total)
        store(levels, 4 * width + w, power)
        store(levels, 5 * width + w, odd)
        store_words(words, w, bits)
        store_words(words, width + w, one)
        store_words(words, 2 * width + w, two)


@inner
def stir(words, kept, width, lanes, channels, first, segment, total):
    """Make the order of cells count in the hashes; cells behind the end of the sound leave no trace."""
    for i in range(2):
        for w in range(channels * lanes):
            h = words[(1 + i) * width + w]
            if first + (w % lanes) * segment >= total:
                h = kept[i, w]
            else:
                h ^= h >> np.uint64(47)
                h = (h + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0x9FB21C651E98DF25)
            words[(1 + i) * width + w] = h
            kept[i, w] = h


@inner
def weigh(flat, r0, r1, width, k, state):
    """K-weight some rows; ``state`` holds four rows of filter states and one of sums of squares."""
    b0, b1, b2, a1, a2 = spread(k[0]), spread(k[1]), spread(k[2]), spread(k[3]), spread(k[4])
    d1, d2 = spread(k[5]), spread(k[6])
    w = 0
    while w + 16 <= width:
        # Two chains of dependent operations at once; the processor has room for both.
        p1, p2, q1, q2 = (
            load(state, w), load(state, width + w), load(state, 2 * width + w), load(state, 3 * width + w)
        )  # fmt: skip
        u = w + 8
        s1, s2, t1, t2 = (
            load(state, u), load(state, width + u), load(state, 2 * width + u), load(state, 3 * width + u)
        )  # fmt: skip
        sum_p, sum_s = load(state, 4 * width + w), load(state, 4 * width + u)
        for r in range(r0, r1):
            v = load(flat, r * width + w)
            y = b0 * v + p1
            p1 = (b1 * v + p2) - a1 * y
            p2 = b2 * v - a2 * y
            z = y + q1
            q1 = (q2 - (y + y)) - d1 * z
            q2 = y - d2 * z
            sum_p = sum_p + z * z
            v = load(flat, r * width + u)
            y = b0 * v + s1
            s1 = (b1 * v + s2) - a1 * y
            s2 = b2 * v - a2 * y
            z = y + t1
            t1 = (t2 - (y + y)) - d1 * z
            t2 = y - d2 * z
            sum_s = sum_s + z * z
        store(state, w, p1), store(state, width + w, p2), store(state, 2 * width + w, q1)
        store(state, 3 * width + w, q2), store(state, 4 * width + w, sum_p)
        store(state, u, s1), store(state, width + u, s2), store(state, 2 * width + u, t1)
        store(state, 3 * width + u, t2), store(state, 4 * width + u, sum_s)
        w += 16
    if w < width:
        p1, p2, q1, q2 = (
            load(state, w), load(state, width + w), load(state, 2 * width + w), load(state, 3 * width + w)
        )  # fmt: skip
        sum_p = load(state, 4 * width + w)
        for r in range(r0, r1):
            v = load(flat, r * width + w)
            y = b0 * v + p1
            p1 = (b1 * v + p2) - a1 * y
            p2 = b2 * v - a2 * y
            z = y + q1
            q1 = (q2 - (y + y)) - d1 * z
            q2 = y - d2 * z
            sum_p = sum_p + z * z
        store(state, w, p1), store(state, width + w, p2), store(state, 2 * width + w, q1)
        store(state, 3 * width + w, q2), store(state, 4 * width + w, sum_p)


@inner
def settle(state, width):
    """Let filter states that no one can hear be zero, so that silence never works on denormal numbers."""
    for i in range(4 * width):
        if abs(state[i]) < _QUIET_STATE:
            state[i] = 0.0


@inner
def add_products(x, flat, r0, r1, lanes, pairs, cross, row, windows_a_lane, spare):
    """Add up the products of each left-right pair, by lane."""
    width = x.shape[1]
    for q in range(pairs.shape[0]):
        left, right = pairs[q, 0] * lanes, pairs[q, 1] * lanes
        if lanes % 8:
            for lane in range(lanes):
                total = 0.0
                for r in range(r0, r1):
                    total += x[r, left + lane] * x[r, right + lane]
                cross[lane * windows_a_lane + row, q] += total
            continue
        for lane in range(0, lanes, 8):
            sums = spread(0.0)
            for r in range(r0, r1):
                sums = sums + load(flat, r * width + left + lane) * load(flat, r * width + right + lane)
            store(spare, 0, sums)
            for k in range(8):
                cross[(lane + k) * windows_a_lane + row, q] += spare[k]
