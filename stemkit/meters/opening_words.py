"""The first words of a voice stem: what somebody speaks before the picture begins may be a slate."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.meters._ledger import Ledger
from stemkit.meters._words import words_in

VERSION = 1
REACH_S = 30.0
"""How far into a file heads and leaders are looked for."""


@dataclass(frozen=True, slots=True)
class OpeningWords:
    """Where the words are that begin within the first 30 s of a sound, in seconds of the file; by level alone."""

    spans_s: tuple[tuple[float, float], ...] = ()


RESULT = OpeningWords


def read(ledger: Ledger) -> OpeningWords:
    """Return the first words."""
    rate = ledger.sample_rate_hz
    spans = ((span.start / rate, span.end / rate) for span in words_in(ledger))
    return OpeningWords(tuple(span for span in spans if span[0] < REACH_S))
