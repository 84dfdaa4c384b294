"""How loud a sound is where it begins and where it ends: what meets at a cut."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.meters._ledger import Ledger
from stemkit.meters.loudness import loudness_of_range

VERSION = 1
SECONDS = 3.0
"""As long as a short-term window."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Loudness of the first and the last three seconds; `None` in silence, and for less than 400 ms."""

    head_lufs: float | None
    tail_lufs: float | None


RESULT = Ends


def read(ledger: Ledger) -> Ends:
    """Return the loudness at both ends."""
    length_s = len(ledger.cells) / 100
    head = loudness_of_range(ledger, 0.0, min(SECONDS, length_s))
    tail = loudness_of_range(ledger, max(0.0, length_s - SECONDS), length_s)
    return Ends(head.programme_lufs, tail.programme_lufs)
