"""How many bits the samples really use: a file of 24 bits may hold 16, padded with zeros."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.meters._ledger import Ledger

VERSION = 1


@dataclass(frozen=True, slots=True)
class BitDepth:
    """Bits in use, the smallest depth that holds every sample; `None` in silence and off the integer grid."""

    used_bits: int | None = None


RESULT = BitDepth


def read(ledger: Ledger) -> BitDepth:
    """Return the bits in use."""
    low = 0
    for bits in ledger.low_bits:
        low |= int(bits)
    if not ledger.is_on_grid or low == 0:
        return BitDepth()
    unused = (low & -low).bit_length() - 1
    return BitDepth(32 - unused)
