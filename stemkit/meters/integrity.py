"""Values that are no sound: NaN and infinities. Every other reading takes them as zero."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.meters._ledger import Ledger

VERSION = 1


@dataclass(frozen=True, slots=True)
class Integrity:
    """How many values are no numbers, or absurdly large, and where the first one stands."""

    non_finite_samples: int
    first_non_finite_at_samples: int | None


RESULT = Integrity


def read(ledger: Ledger) -> Integrity:
    """Return what of the sound is no sound."""
    count = ledger.non_finite_samples
    return Integrity(count, ledger.first_non_finite_at_samples if count else None)
