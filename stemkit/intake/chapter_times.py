"""Lengths and timecodes as people write them in chapter lists, and the frame rate that makes them chain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from stemkit.core.timebase import FrameRate
from stemkit.core.words import normalised

Kind = Literal["frames", "seconds", "timecode"]
Unit = Literal["", "frames", "seconds", "timecode"]

_TIMECODE = re.compile(r"(\d{1,3})[:.](\d{2})[:.](\d{2})([:;.,])(\d{2})")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:[.,](\d+))?")
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_.]*)\.?")
_PARTS = re.compile(
    r"(?:(\d+)\s*(?:h|hr|hrs|std|std\.|ч|小时|時間|시간)[^\d]{0,4})?"
    r"(?:(\d+)\s*(?:m|min|mins|minutes|minuten|мин|分|분|'|′)[^\d]{0,6})?"
    r"(?:(\d+(?:[.,]\d+)?)\s*(?:s|sec|secs|seconds|sek|sekunden|сек|с|秒|초|\"|″|'')\.?)?",
    re.IGNORECASE,
)
_FRAME_WORDS = frozenset(
    (
        *("f", "fr", "frm", "frame", "frames", "bilder", "bild", "images", "image", "fotogramas", "cuadros", "quadros"),
        *("fotogrammi", "кадров", "кадра", "кадры", "klatek", "帧", "幀", "フレーム", "コマ", "프레임"),
    )
)
_ENDS = re.compile(r"\d+:\d+:\d+[:;.]\d+|\d+(?:[.]\d+|,\d+(?=\s*[^\W\d]))?\s*[^\W\d_]*")
_RATE = re.compile(
    r"(\d+(?:[.,]\d+)?|\d+/\d+)\s*(?:fps|frames?(?:/s|\s+per\s+second)?|p|b/s|i/s|hz|帧/?秒?)?"
    r"\s*(n?df|drop(?:[\s-]?frame)?|non[\s-]?drop(?:[\s-]?frame)?)?"
)
_RATES = (
    "24",
    "25",
    "30",
    "48",
    "50",
    "60",
    "24000/1001",
    "29.97df",
    "30000/1001",
    "48000/1001",
    "59.94df",
    "60000/1001",
)


@dataclass(frozen=True, slots=True)
class Written:
    """A time as written.

    Parameters
    ----------
    kind
        How it counts.
    value
        Frames or seconds; for timecode, hours, minutes, seconds and frames are in ``text``.
    text
        As a film file takes it.
    is_sure
        False for a bare number that nothing says the unit of.
    """

    kind: Kind
    value: Fraction
    text: str
    is_sure: bool = True

    def frames(self, rate: FrameRate) -> int | None:
        """Return the time in frames, `None` where this rate has no such timecode."""
        if self.kind == "timecode":
            try:
                return rate.parse_timecode(self.text)
            except ValueError:
                return None
        return int(self.value) if self.kind == "frames" else rate.frames_in_seconds(self.value)


def read_time(text: str, unit: str = "") -> Written | None:
    """Read a length or a handle.

    Parameters
    ----------
    text
        Such as ``2604``, ``00:01:48:12``, ``1:48.5``, ``108,5 s``, ``1 min 48 s``, ``48f``.
    unit
        What the head of the column says about bare numbers.

    Examples
    --------
    >>> read_time("108,5 s").text, read_time("2604", "frames").text, read_time("1:48.5").text
    ('108.5s', '2604f', '108.5s')
    """
    text = normalised(text).strip().removeprefix("'")  # spreadsheets mark text with an apostrophe
    if match := _TIMECODE.fullmatch(text):
        mark = ";" if match.group(4) == ";" else ":"
        hours, minutes, seconds, frames = (match.group(n) for n in (1, 2, 3, 5))
        return Written("timecode", Fraction(0), f"{hours:0>2}:{minutes}:{seconds}{mark}{frames}")
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds, fraction = match.groups()
        return _seconds(Fraction(int(hours or 0) * 3600 + int(minutes) * 60) + Fraction(f"{seconds}.{fraction or 0}"))
    if match := _NUMBER.fullmatch(text):
        written = _number(Fraction(match.group(1).replace(",", ".")), match.group(2).casefold(), unit)
        if written is not None:
            return written
    match = _PARTS.fullmatch(text)
    if match and any(match.groups()):
        hours, minutes, seconds = match.groups()
        return _seconds(
            Fraction(int(hours or 0) * 3600 + int(minutes or 0) * 60) + Fraction((seconds or "0").replace(",", "."))
        )
    return None


def _number(value: Fraction, word: str, unit: str) -> Written | None:
    if word in _FRAME_WORDS or (not word and unit == "frames"):
        return _frames(value)
    if word:
        return None
    if unit == "seconds" or value.denominator != 1:
        return _seconds(value)
    return Written("frames", value, f"{value}f", is_sure=False)


def _frames(value: Fraction) -> Written | None:
    return Written("frames", value, f"{value}f") if value.denominator == 1 else None


def _seconds(value: Fraction) -> Written:
    text = f"{float(value):.6f}".rstrip("0").rstrip(".")
    return Written("seconds", Fraction(text), f"{text}s")


def as_seconds(written: Written) -> Written:
    """Return a bare number read as seconds."""
    return _seconds(written.value)


def read_rate(text: str) -> FrameRate | None:
    """Read a frame rate such as ``25``, ``23,976 fps``, ``24p``, ``29.97 DF``; `None` where it is none."""
    match = _RATE.fullmatch(normalised(text).strip().casefold())
    if match is None:
        return None
    number, counting = match.group(1).replace(",", "."), match.group(2) or ""
    word = re.sub(r"\.0+$", "", number) + {"d": "df", "n": "ndf"}.get(counting[:1], "")
    try:
        return FrameRate.parse(word)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Chain:
    """Frame rates at which every chapter starts where the one before it ends, the likeliest first."""

    rates: tuple[FrameRate, ...]
    bare_numbers: Kind = "frames"


def chain(starts: Sequence[Written | None], lengths: Sequence[Written | None]) -> Chain | None:
    """Find the frame rate at which start timecodes and lengths chain exactly.

    Parameters
    ----------
    starts, lengths
        In film order. Chapters without one of them are passed over; at least one cut must be known.
    """
    for bare in ("frames", "seconds"):
        if bare == "seconds" and not any(length and not length.is_sure for length in lengths):
            break
        is_seconds = bare == "seconds"
        taken = [as_seconds(length) if is_seconds and length and not length.is_sure else length for length in lengths]
        rates = tuple(rate for rate in map(FrameRate.parse, _RATES) if _chains(starts, taken, rate))
        if rates:
            # Seconds are rounded to frames, which hides small differences: the rate that needs least rounding is it.
            rates = tuple(sorted(rates, key=lambda rate: round(_rounding(taken, rate), 1)))
            return Chain(rates, "frames" if bare == "frames" else "seconds")
    return None


def _rounding(lengths: Sequence[Written | None], rate: FrameRate) -> Fraction:
    """Return by how many frames lengths in seconds are rounded at a rate, on average."""
    exact = [length.value * rate.fps for length in lengths if length is not None and length.kind == "seconds"]
    return sum((abs(frames - round(frames)) for frames in exact), Fraction(0)) / (len(exact) or 1)


def _chains(starts: Sequence[Written | None], lengths: Sequence[Written | None], rate: FrameRate) -> bool:
    if rate.drop_frame != any(start is not None and ";" in start.text for start in starts):
        return False
    cuts = 0
    for start, length, after in zip(starts, lengths, starts[1:], strict=False):
        if start is None or length is None or after is None:
            continue
        begins, runs, ends = start.frames(rate), length.frames(rate), after.frames(rate)
        if begins is None or runs is None or ends is None or begins + runs != ends:
            return False
        cuts += 1
    return cuts > 0


def read_handles(text: str, unit: str = "") -> tuple[Written | None, Written | None]:
    """Read a cell for both handles: one time for both ends, or two such as ``24/48``.

    Examples
    --------
    >>> [end.text for end in read_handles("2s / 48f")]
    ['2s', '48f']
    """
    found = [read_time(part, unit) for part in _ENDS.findall(normalised(text))]
    if not found or None in found or len(found) > 2:
        return None, None
    return found[0], found[-1]
