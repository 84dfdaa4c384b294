"""Decibels, linear amplitudes and the one way in which numbers are shown to people."""

from __future__ import annotations

import math


def amplitude_from_db(level_db: float) -> float:
    """Convert a level in dB to an amplitude ratio."""
    return math.pow(10.0, level_db / 20.0)


def db_from_amplitude(amplitude: float) -> float | None:
    """Convert an amplitude (0 or more) to dB; `None` for 0, which has no level."""
    return 20.0 * math.log10(amplitude) if amplitude > 0.0 else None


def db_from_power(power: float) -> float | None:
    """Convert a power (0 or more) to dB; `None` for 0, which has no level."""
    return 10.0 * math.log10(power) if power > 0.0 else None


def format_level(value: float | None, unit: str, decimals: int = 1) -> str:
    """Show a level to people: a true minus sign is never used, undefined is a dash.

    Examples
    --------
    >>> format_level(-23.04, "LUFS")
    '-23.0 LUFS'
    >>> format_level(None, "dBTP")
    'undefined'
    >>> format_level(-0.04, "dBTP")
    '0.0 dBTP'
    """
    if value is None:
        return "undefined"
    rounded = round(value, decimals) + 0.0
    return f"{rounded:.{decimals}f} {unit}"


def format_duration(seconds: float) -> str:
    """Show a duration to people as h:mm:ss.t.

    Examples
    --------
    >>> format_duration(5405.25)
    '1:30:05.2'
    """
    tenths = int(seconds * 10.0)
    hours, rest = divmod(tenths, 36_000)
    minutes, rest = divmod(rest, 600)
    return f"{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"
