"""How names, numbers and formats are shown in reports."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

DASH = "–"
_ROLE_NAMES = {"VO": "Voice", "SFX": "Effects", "MUSIC": "Music"}
_SUBTYPES = {"FLOAT": "32 float", "DOUBLE": "64 float", "MPEG_LAYER_III": "lossy", "VORBIS": "lossy", "OPUS": "lossy"}


def shown(text: object) -> str:
    r"""Return text in which no control or direction mark acts, spelled out instead.

    Examples
    --------
    >>> shown("a\u202eb\n")
    'a\\u202eb\\u000a'
    """
    marks = []
    for mark in str(text):
        hidden = unicodedata.category(mark) in ("Cc", "Cs", "Co") or unicodedata.bidirectional(mark) in _DIRECTIONS
        marks.append(f"\\u{ord(mark):04x}" if hidden else mark)
    return "".join(marks)


_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def typeset(text: object) -> str:
    """Return a sentence safe to show, with true minus signs before levels (and nowhere else: names keep theirs).

    Examples
    --------
    >>> typeset("-24.9 LUFS in take -3.wav")
    '−24.9 LUFS in take -3.wav'
    """
    return _LEVEL.sub("−", shown(text))


_LEVEL = re.compile(r"(?<![^\s(])-(?=\d+(?:\.\d+)? (?:LUFS|LU|dB))")


def number(value: float | None, decimals: int = 1, *, sign: bool = False) -> str:
    """Return a number with a true minus sign, a dash where undefined.

    Examples
    --------
    >>> number(-23.04), number(None), number(-0.04), number(1.6, sign=True)
    ('−23.0', '–', '0.0', '+1.6')
    """
    if value is None or not math.isfinite(value):
        return DASH
    rounded = round(value, decimals) + 0.0
    text = f"{abs(rounded):.{decimals}f}"
    if rounded < 0.0:
        return f"−{text}"
    return f"+{text}" if sign and rounded > 0.0 else text


def thousands(value: int) -> str:
    """Return a whole number with narrow spaces between the thousands."""
    return f"{value:,}".replace(",", "\u202f")


def kilohertz(rate_hz: int) -> str:
    """Return a sample rate for people.

    Examples
    --------
    >>> kilohertz(44_100), kilohertz(48_000)
    ('44.1 kHz', '48 kHz')
    """
    return f"{rate_hz / 1000:.10g} kHz"


def clock(seconds: float | None) -> str:
    """Return a duration as m:ss or h:mm:ss.

    Examples
    --------
    >>> clock(5405.25), clock(42.0)
    ('1:30:05', '0:42')
    """
    if seconds is None:
        return DASH
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def clock_exact(seconds: float) -> str:
    """Return a position to the millisecond.

    Examples
    --------
    >>> clock_exact(14.6812), clock_exact(3725.5)
    ('0:14.681', '1:02:05.500')
    """
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


_DECIMALS = {"dBTP": 2, "dBFS": 2, "LUFS": 1, "LU": 1, "dB": 1}


def value_with_unit(value: float, unit: str) -> str:
    """Return a number with its unit, as a finding states it.

    Examples
    --------
    >>> value_with_unit(-24.94, "LUFS"), value_with_unit(44100, "Hz"), value_with_unit(16, "bit")
    ('−24.9 LUFS', '44.1 kHz', '16 bit')
    """
    if unit == "Hz":
        return kilohertz(int(value))
    if unit in _DECIMALS:
        return f"{number(value, _DECIMALS[unit])} {unit}"
    return f"{thousands(value) if isinstance(value, int) else f'{value:.4g}'} {shown(unit)}"


def media_format(media: Mapping[str, Any] | None) -> str:
    """Return what a file is, in one short phrase such as ``FLAC 44.1/24 mono``."""
    if not media:
        return "missing"
    rate = media.get("sample_rate_hz") or 0
    subtype = str(media.get("subtype") or "")
    depth = _SUBTYPES.get(subtype, subtype.removeprefix("PCM_").lower())
    kilohertz = f"{rate / 1000:.10g}" if rate else DASH
    channels = media.get("channels")
    layout = media.get("layout") or (f"{channels} channels" if channels else "")
    return f"{media.get('container') or '?'} {kilohertz}/{depth} {layout}".strip()


def short_path(path: object, report: Mapping[str, Any]) -> str:
    """Return a path safe to show, without the film's folder where it lies in there."""
    text, folder = str(path), report["film"]["folder"]
    for mark in ("/", "\\"):
        if folder and text.startswith(f"{folder.rstrip(mark)}{mark}"):
            return shown(text[len(folder.rstrip(mark)) + 1 :])
    return shown(text)


def role_name(role: str | None) -> str:
    """Return the word for a role, for people."""
    return _ROLE_NAMES.get(role or "", role or "")


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "error"), plural(3, "boundary", "boundaries")
    ('1 error', '3 boundaries')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def first_to_last(values: Sequence[int]) -> str:
    """Return a run of numbers by its ends.

    Examples
    --------
    >>> first_to_last([3]), first_to_last([3, 4, 5]), first_to_last([])
    ('3', '3–5', '–')
    """
    return DASH if not values else str(values[0]) if len(values) == 1 else f"{values[0]}{DASH}{values[-1]}"
