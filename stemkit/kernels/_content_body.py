"""The content scan's loops: mixing down, decimating, and finding what lasts a few samples only.

Every function looks at one buffer that holds a stretch of sound with what stands before and behind
it, and keeps no state: results do not depend on how the sound was cut. Buffers are shaped
``(channels, samples)``.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from stemkit.kernels._compile import inner
from stemkit.kernels._shape import DECIMATED


def clean(block, out):
    """Copy a block of shape ``(samples, channels)``; values that are no sound (NaN, absurd sizes) become zero."""
    for c in range(block.shape[1]):
        for i in range(block.shape[0]):
            v = block[i, c]
            out[c, i] = v if abs(v) <= 1e100 else 0.0


def mix_down(x, weights, out):
    """Add the channels by their weights."""
    for c in range(x.shape[0]):
        w = weights[c]
        for i in range(x.shape[1]):
            out[i] += w * x[c, i]


def decimate(x, start, factor, taps, phases, out):
    """Filter and keep every ``factor``-th sample: ``out[m]`` is centred on ``x[start + m * factor]``.

    Samples are dealt out by phase first, so that the inner loop runs over neighbours; ``phases`` is room for that.
    """
    n = taps.shape[0]
    rows = -(-n // factor)
    for at in range(0, out.shape[0], DECIMATED):
        count = min(DECIMATED, out.shape[0] - at)
        first = start + at * factor - n // 2
        last = min(x.shape[0] - first, (count + rows) * factor)
        for p in range(factor):
            for i in range(count + rows):
                k = i * factor + p
                phases[p, i] = x[first + k] if k < last else 0.0
        block = out[at : at + count]
        block[:] = 0.0
        for k in range(n):
            h = taps[k]
            row = phases[k % factor]
            shift = k // factor
            for m in range(count):
                block[m] += h * row[m + shift]


@inner
def _rms(x, start, end, c):
    total = 0.0
    for i in range(start, end):
        total += x[c, i] * x[c, i]
    return np.sqrt(total / max(1, end - start))


@inner
def _edge(x, start, end, c):
    largest = 0.0
    for i in range(start, end):
        largest = max(largest, abs(x[c, i]))
    return largest


@inner
def _is_zero(v):
    # One step of 24 bits: what dither makes of a zero.
    return abs(v) <= 1.5e-7


def find_gaps(x, low, high, shortest, longest, reach, found):
    """Find runs of zeros, be they dithered, that end between ``low`` and ``high``.

    ``found`` gets rows of channel, start, length, level before and after (RMS over ``reach`` samples), and the
    largest value among the last two samples before and the first two behind. Returned is their number, which may
    exceed the rows there are.
    """
    count = 0
    n = x.shape[1]
    for c in range(x.shape[0]):
        run = 0
        i = low - 1
        while i >= 0 and _is_zero(x[c, i]) and run <= longest:
            run += 1
            i -= 1
        for i in range(low, high):
            if _is_zero(x[c, i]):
                run += 1
                continue
            if shortest <= run <= longest and i - run - reach >= 0 and i + reach <= n:
                if count < found.shape[0]:
                    row = found[count]
                    start = i - run
                    row[0], row[1], row[2] = c, start, run
                    row[3], row[4] = _rms(x, start - reach, start, c), _rms(x, i, i + reach, c)
                    row[5], row[6] = _edge(x, start - 2, start, c), _edge(x, i, i + 2, c)
                count += 1
            run = 0
    return count


@inner
def _bend(x, i):
    return abs(6.0 * x[i] - 4.0 * (x[i - 1] + x[i + 1]) + (x[i - 2] + x[i + 2]))


def bends(x, low, high, group, out):
    """Keep the largest fourth difference of each ``group`` samples of one channel from ``low`` on."""
    for g in range(out.shape[0]):
        first = low + g * group
        largest = 0.0
        for i in range(first, min(high, first + group)):
            largest = max(largest, abs(6.0 * x[i] - 4.0 * (x[i - 1] + x[i + 1]) + (x[i - 2] + x[i + 2])))
        out[g] = largest


@inner
def _describe(x, place, reach, row):
    """Say how a click stands in its surroundings: height, step, and level before and behind."""
    before, behind = 0.0, 0.0
    for k in range(3, 7):
        before += 0.25 * x[place - k]
        behind += 0.25 * x[place + k]
    height = 0.0
    for k in range(-1, 2):
        height = max(height, abs(x[place + k] - 0.5 * (before + behind)))
    left, right = 0.0, 0.0
    for k in range(3, reach):
        left += x[place - k] * x[place - k]
        right += x[place + k] * x[place + k]
    row[3], row[4] = height, abs(behind - before)
    row[5], row[6] = np.sqrt(left / reach), np.sqrt(right / reach)


def find_clicks(x, at, bend, first, last, group, reach, ratio, floor, found):  # noqa: C901
    """Find groups of one channel whose largest fourth difference stands alone.

    ``bend`` is of `bends`, group 0 beginning at sample ``at``; groups from ``first`` to ``last`` are judged against
    ``reach`` groups on both sides, without the direct neighbours. ``found`` gets rows of sample, size, the context's
    largest, height over the neighbours, step from before to behind, and level (RMS) before and behind. Returned is
    their number, which may exceed the rows there are.
    """
    count = 0
    for g in range(first, last):
        size = bend[g]
        if size < floor or bend[g - 1] > size or bend[g + 1] >= size:
            continue
        context = 0.0
        for k in range(2, reach + 1):
            context = max(context, bend[g - k], bend[g + k])
            if context * ratio > size:
                break
        if context * ratio > size:
            continue
        place = at + g * group
        best = -1.0
        for i in range(at + g * group, at + (g + 1) * group):
            if _bend(x, i) > best:
                best, place = _bend(x, i), i
        if count < found.shape[0]:
            found[count, 0], found[count, 1], found[count, 2] = place, size, context
            _describe(x, place, reach * group, found[count])
        count += 1
    return count


@inner
def _is_same(a, b):
    # Twice the dither of 24 bits: what was copied before it was dithered is still a copy.
    return abs(a - b) <= 7e-7


@inner
def _same_run(x, at, lag, low, high):
    """Return where the stretch around ``at`` that equals what stood ``lag`` samples before begins and ends."""
    first = at
    while first - 1 >= low + lag and _is_same(x[first - 1], x[first - 1 - lag]):
        first -= 1
    last = at + 1
    while last < high and _is_same(x[last], x[last - lag]):
        last += 1
    return first, last


@inner
def _rings(x, at, lag):
    """Tell whether the ``lag`` samples from ``at`` on nearly equal those before: a held wave comes again by itself."""
    power, rest = 0.0, 0.0
    for i in range(at, at + lag):
        power += x[i] * x[i]
        rest += (x[i] - x[i - lag]) * (x[i] - x[i - lag])
    return rest < 0.01 * power


def find_repeats(x, low, high, shortest, longest, table, found):
    """Find stretches between ``low`` and ``high`` that come twice, or a few times, in a row, but for their dither.

    Places are chosen by three samples' own values, to 16 bits, so that both copies choose the same ones; ``table``
    holds where each choice was seen last. Samples below −60 dBFS choose nothing. ``found`` gets rows of start, length
    and times.
    """
    table[:] = -1
    count = 0
    size = np.uint64(table.shape[0] - 1)
    i = max(0, low - longest)
    high = min(high, x.shape[0] - 2)
    while i < high:
        if abs(x[i]) < 0.001:
            i += 1
            continue
        a, b, c = np.int64(x[i] * 32768.0), np.int64(x[i + 1] * 32768.0), np.int64(x[i + 2] * 32768.0)
        h = np.uint64(a + 0x20003 * b + 0x400070009 * c) * np.uint64(0x9E3779B97F4A7C15)
        if (h >> np.uint64(59)) != np.uint64(0):
            i += 1
            continue
        slot = np.int64((h >> np.uint64(20)) & size)
        before = table[slot]
        table[slot] = i
        lag = i - before
        is_near = before >= 0 and i >= low and shortest <= lag <= longest
        if not (is_near and _is_same(x[before], x[i]) and _is_same(x[before + 1], x[i + 1])):
            i += 1
            continue
        first, last = _same_run(x, i, lag, max(0, low - longest), x.shape[0])
        times = np.int64(np.round((last - first) / lag))
        if (
            1 <= times <= 8
            and abs(last - first - times * lag) <= 2
            and first >= low
            and not _rings(x, first - lag, lag)
        ):
            if count < found.shape[0]:
                found[count, 0], found[count, 1], found[count, 2] = first, lag, times
            count += 1
        i = max(i + 1, last)
    return count
