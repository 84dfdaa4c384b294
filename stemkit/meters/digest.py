"""A digest of the sample values: the same sound gives the same, in any container and with padded bits."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.meters._ledger import Ledger

VERSION = 1


@dataclass(frozen=True, slots=True)
class Digest:
    """128 bits as 32 hexadecimal digits, over sample rate, channels, length and every sample value."""

    hex: str


RESULT = Digest


def read(ledger: Ledger) -> Digest:
    """Return the digest that the scan made."""
    return Digest(ledger.digest)
