"""True peak of a few rows of one column: every value between samples, or a proof that none matters."""

# mypy: ignore-errors

from __future__ import annotations

from stemkit.kernels._compile import inner
from stemkit.kernels._shape import HISTORY
from stemkit.kernels._vector import any_at_most, highest, load, magnitude, spread, store

TRUE_PEAK_DELAY = 24
# Rounding in a bound and in an interpolated value is far below this.
SAFETY = 1.0 + 1e-9
_HALF = HISTORY // 2


@inner
def _even_and_odd(window, n, taps, p, even, odd):
    """Apply the even and the odd part of a phase to ``n`` windows."""
    for i in range(0, n, 8):
        e, o = spread(0.0), spread(0.0)
        for k in range(_HALF):
            left, right = load(window, i + k), load(window, i + HISTORY - 1 - k)
            e = e + spread(0.5 * (taps[p, k] + taps[p, HISTORY - 1 - k])) * (left + right)
            o = o + spread(0.5 * (taps[p, k] - taps[p, HISTORY - 1 - k])) * (left - right)
        store(even, i, e)
        store(odd, i, o)


@inner
def _look_at_pair(even, odd, count, p, factor, position, spare, best, best_at):
    """Compare the values of phases ``p`` and ``factor - p`` at eight instants with the best so far."""
    if not any_at_most(spread(best), magnitude(even) + magnitude(odd)):
        return best, best_at
    store(spare, 0, even)
    store(spare, 8, odd)
    for i in range(count):
        value = abs(spare[i]) + abs(spare[8 + i])
        if value >= best:
            same = (spare[i] >= 0.0) == (spare[8 + i] >= 0.0)
            at = (position + i) * factor + (p if same else factor - p)
            if value > best or at < best_at:
                best, best_at = value, at
    return best, best_at


@inner
def _look_between(window, i, count, halves, factor, position, spare, best, best_at):
    """Look at all values of eight instants; two pairs of phases at once, so that no sum waits for another."""
    for k in range(i, i + count):
        value = abs(window[k + HISTORY - 1 - TRUE_PEAK_DELAY])
        if value > best:
            best, best_at = value, (position + k - i) * factor
    pairs = halves.shape[0]
    for p in range(0, pairs, 2):
        q = min(p + 1, pairs - 1)
        e, o, f, u = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
        for k in range(_HALF):
            left, right = load(window, i + k), load(window, i + HISTORY - 1 - k)
            both, apart = left + right, left - right
            e = e + spread(halves[p, 0, k]) * both
            o = o + spread(halves[p, 1, k]) * apart
            f = f + spread(halves[q, 0, k]) * both
            u = u + spread(halves[q, 1, k]) * apart
        best, best_at = _look_at_pair(e, o, count, p + 1, factor, position, spare, best, best_at)
        if q > p:
            best, best_at = _look_at_pair(f, u, count, q + 1, factor, position, spare, best, best_at)
    return best, best_at


@inner
def _bound(largest, steps, j, bounds):
    """Return what no value around eight instants exceeds (`stemkit.meters._bounds.bounds_of_eights`)."""
    plain, smooth = 0.0, max(largest[j + 2], largest[j + 3])
    for c in range(HISTORY // 8):
        plain += bounds[2 + c] * max(largest[j + c], largest[j + c + 1])
        smooth += bounds[2 + HISTORY // 8 + c] * max(steps[j + c], steps[j + c + 1])
    return min(plain, smooth)


@inner
def interpolate(x, r0, r1, w, halves, bounds, spare, best, best_at, position, known, prunes):
    """Look at values between samples in a group of one column; keep the largest and its first place.

    Row ``r`` closes the window of the sample at ``r - 24``. Phases ``p`` and ``factor - p`` mirror
    each other, so a pair is an even part plus or minus an odd one (``halves``), and its larger magnitude
    is ``|even| + |odd|``: half the products. ``position`` is the place of row ``r0``'s window. Eight
    instants are passed over if their own bound is below ``known``, a value that was found.
    """
    factor = 2 * halves.shape[0]
    n = r1 - r0
    eights = (n + 7) // 8
    window, largest, steps = spare[0], spare[1], spare[2]
    for i in range(n + HISTORY - 1):
        window[i] = x[r0 - (HISTORY - 1) + i, w]
    for i in range(n + HISTORY - 1, 8 * (eights + HISTORY // 8) + 9):
        window[i] = 0.0
    if prunes:
        for j in range(eights + HISTORY // 8):
            here = load(window, 8 * j)
            largest[j] = highest(magnitude(here))
            steps[j] = highest(magnitude(load(window, 8 * j + 1) - here))
    for j in range(eights):
        if prunes and _bound(largest, steps, j, bounds) * SAFETY < known:
            continue
        count = min(8, n - 8 * j)
        best, best_at = _look_between(window, 8 * j, count, halves, factor, position + 8 * j, spare[3], best, best_at)
        known = max(known, best)
    return best, best_at


@inner
def interpolate_plain(x, r0, r1, w, taps, best, best_at, position):
    """Look at the values of a table of any phases: the reference mode."""
    factor = taps.shape[0]
    for r in range(r0, r1):
        for p in range(factor):
            value = 0.0
            for k in range(HISTORY):
                value += taps[p, k] * x[r - (HISTORY - 1) + k, w]
            if abs(value) > best:
                best, best_at = abs(value), (position + r - r0) * factor + p
    return best, best_at
