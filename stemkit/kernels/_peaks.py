"""True peak of a few rows of one column: every value between samples, or a proof that none matters."""

# mypy: ignore-errors

from __future__ import annotations

from stemkit.kernels._compile import inner
from stemkit.kernels._shape import HISTORY
from stemkit.kernels._vector import load, spread, store

TRUE_PEAK_DELAY = 24
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
def _largest_of_pair(even, odd, n, p, factor, position, best, best_at):
    for i in range(n):
        value = abs(even[i]) + abs(odd[i])
        if value >= best:
            same = (even[i] >= 0.0) == (odd[i] >= 0.0)
            at = (position + i) * factor + (p if same else factor - p)
            if value > best or at < best_at:
                best, best_at = value, at
    return best, best_at


@inner
def interpolate(x, r0, r1, w, taps, spare, best, best_at, position):
    """Look at every value between samples in a group of one column; keep the largest and its first place.

    Row ``r`` closes the window of the sample at ``r - 24``. Phases ``p`` and ``factor - p`` mirror
    each other, so a pair is an even part plus or minus an odd one, and its larger magnitude is
    ``|even| + |odd|``: half the products. ``position`` is the place of row ``r0``'s window.
    """
    factor = taps.shape[0]
    n = r1 - r0
    window, even, odd = spare[0], spare[1], spare[2]
    for i in range(n + HISTORY - 1):
        window[i] = x[r0 - (HISTORY - 1) + i, w]
    for i in range(n + HISTORY - 1, n + HISTORY + 7):
        window[i] = 0.0
    for i in range(n):
        value = abs(window[i + HISTORY - 1 - TRUE_PEAK_DELAY])
        if value > best:
            best, best_at = value, (position + i) * factor
    for p in range(1, factor // 2 + 1):
        _even_and_odd(window, n, taps, p, even, odd)
        best, best_at = _largest_of_pair(even, odd, n, p, factor, position, best, best_at)
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
