"""The K-weighting filters of ITU-R BS.1770-5 Annex 1 at any sample rate.

The Recommendation prints coefficients for 48 kHz only and asks for the same response elsewhere.
The closed form below gives the table to 1e-15 at 48 kHz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_SHELF_GAIN_DB = 3.999843853973347
_SHELF_HZ = 1681.974450955533
_SHELF_Q = 0.7071752369554196
_SHELF_VB_EXPONENT = 0.4996667741545416
_HIGHPASS_HZ = 38.13547087602444
_HIGHPASS_Q = 0.5003270373238773
_TABLE_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class Biquad:
    """Coefficients of one second-order section, a0 = 1."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float


def _denominator(frequency_hz: float, q: float, rate_hz: float) -> tuple[float, float, float, float]:
    k = math.tan(math.pi * frequency_hz / rate_hz)
    a0 = 1.0 + k / q + k * k
    return k, a0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0


def shelf(rate_hz: float) -> Biquad:
    """Return the first stage: the effect of the head, a high shelf of 4 dB."""
    k, a0, a1, a2 = _denominator(_SHELF_HZ, _SHELF_Q, rate_hz)
    vh = math.pow(10.0, _SHELF_GAIN_DB / 20.0)
    vb = math.pow(vh, _SHELF_VB_EXPONENT)
    mid = vb * k / _SHELF_Q
    return Biquad((vh + mid + k * k) / a0, 2.0 * (k * k - vh) / a0, (vh - mid + k * k) / a0, a1, a2)


def highpass(rate_hz: float) -> Biquad:
    """Return the second stage: the RLB high-pass.

    The numerator of the table, 1 −2 1, is not normalised: it carries a pass-band gain of 0.043 dB
    that depends on the sample rate. It is scaled here so that every rate has the gain of 48 kHz.
    """
    _, table_a0, _, _ = _denominator(_HIGHPASS_HZ, _HIGHPASS_Q, _TABLE_RATE_HZ)
    _, a0, a1, a2 = _denominator(_HIGHPASS_HZ, _HIGHPASS_Q, rate_hz)
    gain = table_a0 / a0
    return Biquad(gain, -2.0 * gain, gain, a1, a2)
