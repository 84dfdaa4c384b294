"""Leq(m) of trailers and cinema adverts (ISO 21727): M-weighted, ungated, in dB.

A sink of its own, fed beside the scan where it is asked for. The weighting is a long linear-phase
filter sampled from the analogue prototype, since a bilinear one misses the table's tolerances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.core.block import Block
from stemkit.core.layout import Layout
from stemkit.core.units import db_from_power
from stemkit.meters._ledger import Floats

VERSION = 1
_FULL_SCALE_DB = 108.0103  # a 2 kHz sine of −20 dBFS in one screen channel is 85 dB
_SURROUND_DB = -3.0
_SURROUNDS = frozenset(("Ls", "Rs", "Lss", "Rss", "Lrs", "Rrs"))
_PROTOTYPE_DB = 18.246 - 5.637  # ITU-R 468's gain, moved to 0 dB at 2 kHz
_TAP_S = 0.17
_HOP = 1 << 15


@dataclass(frozen=True, slots=True)
class LeqM:
    """Leq(m) in dB, `None` in digital silence; ``lfe_db`` says by which convention the LFE was counted."""

    leq_m_db: float | None
    per_channel_db: tuple[float | None, ...]
    lfe_db: float


def m_weighting_db(frequency_hz: Floats) -> Floats:
    """Return the M-weighting of the analogue prototype."""
    f = np.maximum(np.asarray(frequency_hz, dtype=np.float64), 1e-3)
    h1 = -4.737338981378384e-24 * f**6 + 2.043828333606125e-15 * f**4 - 1.363894795463638e-7 * f**2 + 1.0
    h2 = 1.306612257412824e-19 * f**5 - 2.118150887518656e-11 * f**3 + 5.559488023498642e-4 * f
    response = 1.246332637532143e-4 * f / np.sqrt(h1 * h1 + h2 * h2)
    return np.asarray(20.0 * np.log10(response) + _PROTOTYPE_DB)


def m_weighting_taps(rate_hz: int) -> Floats:
    """Return the filter at a sample rate: symmetric, of odd length."""
    half = round(_TAP_S * rate_hz / 2)
    size = 1 << (8 * half - 1).bit_length()
    frequency = np.fft.rfftfreq(size, 1.0 / rate_hz).astype(np.float64)
    gain = 10.0 ** (m_weighting_db(frequency) / 20.0)
    gain[0] = 0.0
    taps = np.fft.irfft(gain, size)
    centred = np.concatenate([taps[-half:], taps[: half + 1]])
    return np.asarray(centred * np.hanning(2 * half + 3)[1:-1])


class LeqMeter:
    """A sink that measures Leq(m); block lengths do not matter.

    Parameters
    ----------
    layout
        Tells screen channels, surrounds (3 dB below them) and the LFE apart.
    lfe_db
        Gain of the LFE: 0 as free tools count it, +10 by the standard's example table; say which in reports.
    """

    version = VERSION

    def __init__(self, sample_rate_hz: int, layout: Layout, lfe_db: float = 0.0) -> None:
        self._layout = layout
        self._lfe_db = lfe_db
        taps = m_weighting_taps(sample_rate_hz)
        self._overlap = len(taps) - 1
        self._size = 1 << (_HOP + self._overlap - 1).bit_length()
        self._response = np.fft.rfft(taps, self._size)[:, np.newaxis]
        self._past = np.zeros((self._overlap, layout.count))
        self._held = np.zeros((0, layout.count))
        self._squares = np.zeros(layout.count)
        self._length = 0

    def push(self, block: Block) -> None:
        """Take the next samples, shape ``(n, channels)``; what is no number counts as silence."""
        self._length += len(block)
        clean = np.where(np.isfinite(block), block, 0.0)
        self._held = np.concatenate([self._held, clean])
        while len(self._held) >= _HOP:
            self._squares += self._filtered(self._held[:_HOP])
            self._past = np.concatenate([self._past, self._held[:_HOP]])[-self._overlap :]
            self._held = self._held[_HOP:]

    def _filtered(self, hop: Block) -> Floats:
        """Return the sums of squares of the filter's answer to one hop, by overlap-save."""
        framed = np.concatenate([self._past, hop])
        answer = np.fft.irfft(np.fft.rfft(framed, self._size, axis=0) * self._response, self._size, axis=0)
        return np.asarray((answer[self._overlap : self._overlap + len(hop)] ** 2).sum(axis=0))

    def result(self) -> LeqM:
        """Return the level of all that was pushed so far, the filter's ringing included."""
        rest = np.concatenate([self._held, np.zeros((self._overlap, self._layout.count))])
        squares = self._squares.copy()
        past, kept = self._past, self._past
        for start in range(0, len(rest), _HOP):
            self._past = past
            squares += self._filtered(rest[start : start + _HOP])
            past = np.concatenate([past, rest[start : start + _HOP]])[-self._overlap :]
        self._past = kept
        powers = squares / max(1, self._length) * 10.0 ** (self._gains_db() / 10.0)
        floor = 1e-25  # what rounding leaves of silence
        levels = tuple(_level(float(power)) if power > floor else None for power in powers)
        total = float(powers.sum())
        return LeqM(_level(total) if total > floor else None, levels, self._lfe_db)

    def _gains_db(self) -> Floats:
        gains = dict.fromkeys(_SURROUNDS, _SURROUND_DB) | {"LFE": self._lfe_db}
        return np.array([gains.get(label, 0.0) for label in self._layout.labels])


def _level(power: float) -> float | None:
    level = db_from_power(power)
    return None if level is None else level + _FULL_SCALE_DB
