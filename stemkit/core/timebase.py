"""Exact time: picture frames, timecode and sample positions. All rounding of time lives here.

A position is rounded, never a duration, so that fifty chapters at 29.97 frames a second do not
drift (1601.6 samples a frame at 48 kHz). Timecode counts follow SMPTE ST 12-1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_NAMED_RATES = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "47.95": Fraction(48000, 1001),
    "47.952": Fraction(48000, 1001),
    "59.94": Fraction(60000, 1001),
}
_KNOWN_FPS = frozenset(_NAMED_RATES.values()) | {Fraction(n) for n in (24, 25, 30, 48, 50, 60)}
_TIMECODE = re.compile(r"(\d{1,3}):(\d{2}):(\d{2})([:;.,])(\d{2})")
# Digits are bounded: a film file may come from anybody, and Fraction("1e999999999") never ends.
_RATE = re.compile(r"\d{1,6}(?:\.\d{1,6}|/[1-9]\d{0,5})?")
_FRAMES = re.compile(r"(\d{1,9})\s*(?:f|frames?)")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(?:s|seconds?)")
_MILLISECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*ms")
KNOWN_RATE_NAMES = ("23.976", "24", "25", "29.97", "29.97df", "30", "48", "50", "59.94", "59.94df", "60")


def round_half_up(value: Fraction) -> int:
    """Round to the nearest integer, halves towards plus infinity: the only rounding of time."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open run of samples, ``start`` included and ``end`` not.

    Parameters
    ----------
    start, end
        Positions in samples; the owner of the span says on whose clock (file or film).
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"span ends at {self.end}, before its start {self.start}")

    @property
    def length(self) -> int:
        """Number of samples in the span."""
        return self.end - self.start

    def overlap(self, other: Span) -> Span | None:
        """Return what both spans cover, or `None` where they do not touch."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None

    def shift(self, by_samples: int) -> Span:
        """Return the same span, moved."""
        return Span(self.start + by_samples, self.end + by_samples)


@dataclass(frozen=True, slots=True)
class FrameRate:
    """A picture frame rate, exact, with its way of counting timecode.

    Parameters
    ----------
    fps
        Frames a second as an exact fraction, such as ``Fraction(24000, 1001)``.
    drop_frame
        Whether timecode skips numbers to keep up with the clock (29.97 and 59.94 only).
    """

    fps: Fraction
    drop_frame: bool = False

    def __post_init__(self) -> None:
        if self.fps not in _KNOWN_FPS:
            raise ValueError(f"frame rate {self.fps} is not one of {', '.join(KNOWN_RATE_NAMES)}")
        if self.drop_frame and self.fps not in (Fraction(30000, 1001), Fraction(60000, 1001)):
            raise ValueError(f"drop-frame timecode exists at 29.97 and 59.94 only, not at {self}")

    @classmethod
    def parse(cls, text: str) -> FrameRate:
        """Read ``"24"``, ``"23.976"``, ``"24000/1001"``, ``"29.97df"`` or ``"29.97ndf"``.

        Raises
        ------
        ValueError
            If the text is no frame rate that stemkit knows.
        """
        word = text.strip().lower().removesuffix("fps").strip()
        drop = word.endswith("df") and not word.endswith("ndf")
        word = word.removesuffix("ndf").removesuffix("df").strip()
        if word in _NAMED_RATES:
            return cls(_NAMED_RATES[word], drop)
        if not _RATE.fullmatch(word):
            raise ValueError(f"{text!r} is not a frame rate; known are {', '.join(KNOWN_RATE_NAMES)}")
        return cls(Fraction(word), drop)

    def __str__(self) -> str:
        if self.fps.denominator == 1:
            return str(self.fps.numerator)
        return f"{self.fps.numerator}/{self.fps.denominator}" + ("df" if self.drop_frame else "")

    @property
    def nominal(self) -> int:
        """Frames counted in one second of timecode: 24 for 23.976, 30 for 29.97."""
        return round_half_up(self.fps)

    def samples_at(self, frame: int, rate_hz: int) -> int:
        """Return the sample at which a picture frame starts.

        Parameters
        ----------
        frame
            Absolute frame number, counted from the start of the file or film.
        rate_hz
            Sample rate in Hz.
        """
        return round_half_up(Fraction(frame * rate_hz) / self.fps)

    def frame_at(self, samples: int, rate_hz: int) -> int:
        """Return the picture frame that is showing at a sample."""
        return int(Fraction(samples, rate_hz) * self.fps // 1)

    def has_whole_samples(self, rate_hz: int) -> bool:
        """Tell whether every frame is the same whole number of samples long."""
        return (Fraction(rate_hz) / self.fps).denominator == 1

    def frames_in_seconds(self, seconds: Fraction) -> int:
        """Return the nearest whole number of frames to a duration in seconds."""
        return round_half_up(seconds * self.fps)

    @property
    def _dropped_per_minute(self) -> int:
        return self.nominal // 15 if self.drop_frame else 0

    def parse_timecode(self, text: str) -> int:
        """Return the frame count of a timecode, counted from 00:00:00:00.

        Raises
        ------
        ValueError
            If the text is no timecode, or names a frame that this rate does not have.
        """
        match = _TIMECODE.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a timecode hh:mm:ss:ff")
        hours, minutes, seconds = (int(match.group(n)) for n in (1, 2, 3))
        frames = int(match.group(5))
        if minutes > 59 or seconds > 59 or frames >= self.nominal:
            raise ValueError(f"{text!r} is not a timecode at {self} frames a second")
        drop = self._dropped_per_minute
        if drop and frames < drop and seconds == 0 and minutes % 10:
            raise ValueError(f"{text!r} does not exist in drop-frame timecode")
        total_minutes = hours * 60 + minutes
        count = (total_minutes * 60 + seconds) * self.nominal + frames
        return count - drop * (total_minutes - total_minutes // 10)

    def format_timecode(self, frame: int) -> str:
        """Return the timecode of a frame count, wrapping after 24 hours.

        Examples
        --------
        >>> FrameRate.parse("29.97df").format_timecode(1800)
        '00:01:00;02'
        """
        drop = self._dropped_per_minute
        per_ten_minutes = 600 * self.nominal - 9 * drop
        frame %= 144 * per_ten_minutes
        if drop:
            tens, rest = divmod(frame, per_ten_minutes)
            first_minute = 60 * self.nominal
            skipped_minutes = 0 if rest < first_minute else 1 + (rest - first_minute) // (first_minute - drop)
            frame += drop * (9 * tens + skipped_minutes)
        seconds, frames = divmod(frame, self.nominal)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        mark = ";" if self.drop_frame else ":"
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frames:02d}"

    def parse_duration(self, text: str) -> int:
        """Return the frames in ``"48f"``, ``"2s"``, ``"500ms"``, timecode, or a bare ``"0"``.

        Seconds are rounded to whole frames.

        Raises
        ------
        ValueError
            If the text is none of these.
        """
        word = text.strip().lower()
        if word in ("0", "0.0"):
            return 0
        if match := _FRAMES.fullmatch(word):
            return int(match.group(1))
        if match := _SECONDS.fullmatch(word):
            return self.frames_in_seconds(Fraction(match.group(1)))
        if match := _MILLISECONDS.fullmatch(word):
            return self.frames_in_seconds(Fraction(match.group(1)) / 1000)
        if _TIMECODE.fullmatch(word):
            return self.parse_timecode(word)
        raise ValueError(f'{text!r} is not a time; write frames "48f", seconds "2s" or timecode "00:00:02:00"')


def resampled_length(length_samples: int, from_hz: int, to_hz: int) -> int:
    """Return the exact length of a sound after a change of sample rate, in samples."""
    return round_half_up(Fraction(length_samples * to_hz, from_hz))
