"""What the scan knows of an interpolator beforehand: bounds that let it pass over groups, and folded phases."""

from __future__ import annotations

import numpy as np

from stemkit.kernels.scan import HISTORY
from stemkit.meters._ledger import Floats


def peak_bounds(taps: Floats) -> Floats:
    """Return two constants that bound every interpolated value near a run of samples.

    Let ``P`` be the largest sample, ``D`` the largest step between neighbours, and ``h`` one phase.
    First, ``|Σ h[k] x[k]| ≤ P Σ |h[k]|``. Second, write each ``x[k]`` as a chosen sample ``x[a]``
    plus the steps from there to ``k``: as ``Σ h[k] = 1``, the value is ``x[a]`` plus each step times
    the sum of the taps beyond it, so it is at most ``P + D Σ |tail sums|``. Returned are the largest
    ``Σ |h|`` and the largest ``Σ |tail sums|`` over all phases, ``a`` being the nearer of the two
    samples that the value lies between.
    """
    l1, smooth = 0.0, 0.0
    for p, h in enumerate(taps):
        l1 = max(l1, float(np.abs(h).sum()))
        smooth = max(smooth, float(np.abs(tail_sums(h, _anchor(p, len(taps)))).sum()))
    return np.array([l1, smooth])


def bounds_of_eights(taps: Floats) -> tuple[Floats, Floats]:
    """Return the same two constants for each eight taps, so that loud samples count by their distance.

    With ``P_c`` and ``D_c`` the largest sample and step under the taps ``8 c`` to ``8 c + 7``, a value is at
    most ``Σ P_c Σ_c |h|`` and at most ``|x[a]| + Σ D_c Σ_c |tail sums|``: the sums of `peak_bounds`, cut in six.
    """
    plain, smooth = np.zeros(HISTORY // 8), np.zeros(HISTORY // 8)
    for p, h in enumerate(taps):
        plain = np.maximum(plain, np.abs(h).reshape(-1, 8).sum(axis=1))
        smooth = np.maximum(smooth, np.abs(tail_sums(h, _anchor(p, len(taps)))).reshape(-1, 8).sum(axis=1))
    return plain, smooth


def _anchor(phase: int, phases: int) -> int:
    return HISTORY // 2 - 1 if 2 * phase <= phases else HISTORY // 2


def tail_sums(h: Floats, anchor: int) -> Floats:
    """Return by how much the step from tap ``k`` to ``k + 1`` counts in a value, seen from the sample at ``anchor``."""
    above = np.append(np.cumsum(h[::-1])[::-1][1:], 0.0)
    return np.where(np.arange(HISTORY) < anchor, np.cumsum(h), above)


def halves_of(taps: Floats) -> Floats:
    """Return the even and the odd half of each phase up to the middle one, shape ``(phases // 2, 2, 24)``."""
    upper, lower = taps[1 : len(taps) // 2 + 1], taps[1 : len(taps) // 2 + 1, ::-1]
    both = np.stack([0.5 * (upper + lower), 0.5 * (upper - lower)], axis=1)
    return np.ascontiguousarray(both[:, :, : HISTORY // 2])
