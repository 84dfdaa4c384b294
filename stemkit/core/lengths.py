"""What the length of a delivered file says: which handles it holds, or which mistake was made.

A file of picture length plus the declared handles has those; one of picture length has none.
Anything else is compared with the mistakes that are made again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stemkit.core.film import Chapter, Handles
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import FrameRate, resampled_length

_SPEED_MISTAKES: tuple[tuple[int, int, str], ...] = (
    (48_000, 44_100, "rate"),
    (44_100, 48_000, "rate"),
    (96_000, 48_000, "rate"),
    (48_000, 96_000, "rate"),
    (88_200, 48_000, "rate"),
    (96_000, 44_100, "rate"),
    (1001, 1000, "pull"),
    (1000, 1001, "pull"),
)
_SPEED_TOLERANCE = 2e-5  # of the length; a pull differs by 1e-3, a wrong rate by 8e-2


class LengthKind(StrEnum):
    """What the length of a file looks like."""

    WITH_HANDLES = "with_handles"
    PICTURE_ONLY = "picture_only"
    MISLABELLED_RATE = "mislabelled_rate"
    PULL = "pull"
    SHORT = "short"
    SHORT_HANDLES = "short_handles"
    HANDLE_MISSING = "handle_missing"
    """Short by exactly the head handle: padding the tail would break sync if that is what is missing."""
    LONG = "long"


@dataclass(frozen=True, slots=True)
class LengthFit:
    """How a file's length compares with its chapter.

    Parameters
    ----------
    kind
        What fits.
    handles
        The handles that the file holds, or would hold once put right.
    expected_samples
        The length to compare with, at the programme's rate.
    difference_samples
        Observed minus expected, at the programme's rate.
    true_rate_hz
        The rate that the header should have named, for `MISLABELLED_RATE`.
    """

    kind: LengthKind
    handles: Handles
    expected_samples: int
    difference_samples: int
    true_rate_hz: int | None = None

    @property
    def is_right(self) -> bool:
        """Whether the file can be placed as it is."""
        return self.kind in (LengthKind.WITH_HANDLES, LengthKind.PICTURE_ONLY)


def picture_samples(length_frames: int, frame_rate: FrameRate, rate_hz: int) -> int:
    """Return the length of a chapter's picture in samples, taken alone (rounded once)."""
    return frame_rate.samples_at(length_frames, rate_hz)


def fit_length(
    length_samples: int, file_rate_hz: int, rate_hz: int, chapter: Chapter, frame_rate: FrameRate
) -> LengthFit:
    """Compare a file's length with its chapter's picture and declared handles.

    Parameters
    ----------
    length_samples, file_rate_hz
        The file, by its header.
    rate_hz
        The programme's sample rate; all lengths in the answer are at this rate.
    chapter
        Its ``length_frames`` must be known.

    Raises
    ------
    ValueError
        If the chapter's picture length is not known.
    """
    if chapter.length_frames is None:
        raise ValueError("the chapter's picture length is not known")
    length = resampled_length(length_samples, file_rate_hz, rate_hz)
    held = chapter.handles
    full_frames = chapter.length_frames + held.head_frames + held.tail_frames
    full = picture_samples(full_frames, frame_rate, rate_hz)
    bare = picture_samples(chapter.length_frames, frame_rate, rate_hz)
    tolerance = _rounding_tolerance(file_rate_hz, rate_hz, frame_rate)
    options = ((LengthKind.WITH_HANDLES, held, full), (LengthKind.PICTURE_ONLY, Handles(), bare))
    for kind, handles, expected in options:
        if abs(length - expected) <= tolerance:
            return LengthFit(kind, handles, expected, length - expected)
    for _, handles, expected in options:
        if speed := _speed_mistake(length, expected, file_rate_hz):
            kind, true_rate_hz = speed
            return LengthFit(kind, handles, expected, length - expected, true_rate_hz)
    if length < bare:
        return LengthFit(LengthKind.SHORT, Handles(), bare, length - bare)
    if length < full:
        head = picture_samples(held.head_frames, frame_rate, rate_hz)
        is_head = head > 0 and abs(full - length - head) <= tolerance
        kind = LengthKind.HANDLE_MISSING if is_head else LengthKind.SHORT_HANDLES
        return LengthFit(kind, held, full, length - full)
    return LengthFit(LengthKind.LONG, held, full, length - full)


def _rounding_tolerance(file_rate_hz: int, rate_hz: int, frame_rate: FrameRate) -> int:
    """Return by how many samples an honest file may differ: one of its own where a frame is no whole number."""
    if frame_rate.has_whole_samples(file_rate_hz) and frame_rate.has_whole_samples(rate_hz):
        return 0
    return max(1, -(-rate_hz // file_rate_hz))


def _speed_mistake(length: int, expected: int, file_rate_hz: int) -> tuple[LengthKind, int | None] | None:
    margin = max(2.0, _SPEED_TOLERANCE * length)
    for numerator, denominator, cause in _SPEED_MISTAKES:
        if expected and abs(length - expected * numerator / denominator) <= margin:
            if cause == "pull":
                return LengthKind.PULL, None
            return LengthKind.MISLABELLED_RATE, round(file_rate_hz * numerator / denominator)
    return None


def fit_sibling(media: MediaInfo | None, rate_hz: int, expected_samples: int) -> LengthFit | None:
    """Compare a file's length with that of its chapter's other stems, where no picture length is known.

    Parameters
    ----------
    rate_hz, expected_samples
        The programme's sample rate, and the other stems' length at that rate.
    """
    if media is None or media.sample_rate_hz <= 0:
        return None
    length = resampled_length(media.length_samples, media.sample_rate_hz, rate_hz)
    difference = length - expected_samples
    tolerance = 0 if media.sample_rate_hz == rate_hz else -(-rate_hz // media.sample_rate_hz)
    if abs(difference) <= tolerance:
        return LengthFit(LengthKind.PICTURE_ONLY, Handles(), expected_samples, difference)
    if speed := _speed_mistake(length, expected_samples, media.sample_rate_hz):
        return LengthFit(speed[0], Handles(), expected_samples, difference, speed[1])
    kind = LengthKind.SHORT if difference < 0 else LengthKind.LONG
    return LengthFit(kind, Handles(), expected_samples, difference)
