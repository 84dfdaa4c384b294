"""Where a sample of a file sounds in the film."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.core.film import Chapter, Film, Handles
from stemkit.core.lengths import LengthFit, LengthKind
from stemkit.core.positions import film_frame_of, film_samples_of, timecode_of
from stemkit.core.timebase import FrameRate

HANDLES = Handles(head_frames=48, tail_frames=48)
FIT = LengthFit(LengthKind.WITH_HANDLES, HANDLES, 0, 0)


def film(rate: str | None = "24", lengths: tuple[int | None, ...] = (240, 120), *, is_declared: bool = True) -> Film:
    chapters = tuple(Chapter(number, length_frames=length) for number, length in enumerate(lengths, 1))
    frame_rate = FrameRate.parse(rate) if rate else None
    manifest = Path("/film/film.toml") if is_declared else None
    return Film("T", Path("/film"), chapters, frame_rate, start_frame=86_400, manifest=manifest)


@pytest.mark.parametrize(
    ("fit", "sample", "frame"),
    [
        (None, 0, 240),  # the picture of chapter 2 begins after 10 s
        (None, 1999, 240),
        (None, 2000, 241),
        (FIT, 0, 192),  # two seconds of handle come first
        (FIT, 96_000, 240),
    ],
)
def test_a_sample_sounds_under_a_frame(fit: LengthFit | None, sample: int, frame: int) -> None:
    assert film_frame_of(film(), 2, fit, sample, 48_000) == frame


def test_the_files_own_rate_counts() -> None:
    assert film_frame_of(film(), 2, FIT, 2 * 44_100, 44_100) == 240


@pytest.mark.parametrize(
    "unknown", [film(None), film(lengths=(None, 120)), film(is_declared=False), film(lengths=(240,))]
)
def test_what_is_not_known_is_no_frame(unknown: Film) -> None:
    assert film_frame_of(unknown, 2, None, 0, 48_000) is None


def test_a_frame_is_shown_in_film_timecode() -> None:
    assert timecode_of(film(), 240) == "01:00:10:00"
    assert timecode_of(film(), None) is None
    assert timecode_of(film(None), 240) is None


def test_a_chapter_lies_between_two_rounded_positions() -> None:
    odd = film("24000/1001", (1, 1))
    # One frame of 23.976 is 2002 samples at 48 kHz; at 44.1 kHz it is 1839.3375, and each end is rounded by itself.
    assert film_samples_of(odd, 2, 48_000) == (2002, 4004)
    assert film_samples_of(odd, 1, 44_100) == (0, 1839)
    assert film_samples_of(odd, 2, 44_100) == (1839, 3679)


@pytest.mark.parametrize("unknown", [film(None), film(lengths=(None, 120)), film(lengths=(240, None))])
def test_a_chapter_of_unknown_length_lies_nowhere(unknown: Film) -> None:
    assert film_samples_of(unknown, 2, 48_000) is None
    assert film_samples_of(unknown, 3, 48_000) is None
