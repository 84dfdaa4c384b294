"""Clipped sound: flat tops at the sound's own ceiling, at full scale or, turned down later, below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._ledger import Ledger

VERSION = 1
_CEILING = 0.9995
_LONGEST_TOP_S = 0.01


@dataclass(frozen=True, slots=True)
class Clipping:
    """Flat tops.

    Parameters
    ----------
    tops
        Runs of three or more equal samples at the ceiling.
    samples
        Samples in them.
    ceiling
        The largest amplitude, at which they stand.
    first_at_samples, last_at_samples
        Where the first of them begins and the last one ends.
    others
        Runs of equal samples elsewhere, as drawn waveforms have them.
    """

    tops: int = 0
    samples: int = 0
    ceiling: float = 0.5
    first_at_samples: int | None = None
    last_at_samples: int | None = None
    others: int = 0


RESULT = Clipping


def read(ledger: Ledger) -> Clipping:
    """Return the flat tops."""
    ceiling = float(ledger.sample_peak.max(initial=0.0))
    if not len(ledger.flat_runs) or ceiling <= 0.0:
        return Clipping(ceiling=ceiling)
    peak = ledger.sample_peak[ledger.flat_runs[:, 0]]
    short = ledger.flat_runs[:, 2] <= _LONGEST_TOP_S * ledger.sample_rate_hz
    at_top = (np.abs(ledger.flat_levels) >= _CEILING * peak) & short
    runs = ledger.flat_runs[at_top]
    if not len(runs):
        return Clipping(ceiling=ceiling, others=len(ledger.flat_runs))
    return Clipping(
        tops=len(runs),
        samples=int(runs[:, 2].sum()),
        ceiling=ceiling,
        first_at_samples=int(runs[:, 1].min()),
        last_at_samples=int((runs[:, 1] + runs[:, 2]).max()),
        others=len(ledger.flat_runs) - len(runs),
    )
