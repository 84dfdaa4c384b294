from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.film import Chapter, Handles
from stemkit.core.lengths import LengthKind, fit_length, fit_sibling
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate, resampled_length

RATE_24 = FrameRate.parse("24")
CHAPTER = Chapter(1, length_frames=480, handles=Handles(48, 24))  # 20 s, 2 s and 1 s
BARE, FULL = 960_000, 1_104_000


@pytest.mark.parametrize(
    ("length", "rate_hz", "kind"),
    [
        (BARE, 48_000, LengthKind.PICTURE_ONLY),
        (FULL, 48_000, LengthKind.WITH_HANDLES),
        (FULL * 2, 96_000, LengthKind.WITH_HANDLES),
        (BARE * 441 // 480, 44_100, LengthKind.PICTURE_ONLY),
        (BARE * 441 // 480, 48_000, LengthKind.MISLABELLED_RATE),
        (BARE, 44_100, LengthKind.MISLABELLED_RATE),
        (BARE * 2, 48_000, LengthKind.MISLABELLED_RATE),
        (round(BARE * 1.001), 48_000, LengthKind.PULL),
        (round(FULL / 1.001), 48_000, LengthKind.PULL),
        (BARE - 1000, 48_000, LengthKind.SHORT),
        (BARE - 1, 48_000, LengthKind.SHORT),
        (BARE + 2000, 48_000, LengthKind.SHORT_HANDLES),
        (FULL - 1, 48_000, LengthKind.SHORT_HANDLES),
        (FULL + 1, 48_000, LengthKind.LONG),
    ],
)
def test_the_likely_cause_is_named(length: int, rate_hz: int, kind: LengthKind) -> None:
    assert fit_length(length, rate_hz, 48_000, CHAPTER, RATE_24).kind is kind


def test_a_wrong_label_names_the_true_rate() -> None:
    fit = fit_length(BARE * 441 // 480, 48_000, 48_000, CHAPTER, RATE_24)
    assert fit.true_rate_hz == 44_100
    assert fit_length(BARE, 44_100, 48_000, CHAPTER, RATE_24).true_rate_hz == 48_000


def test_one_sample_is_forgiven_only_where_a_frame_is_no_whole_number_of_samples() -> None:
    chapter = Chapter(1, length_frames=101)
    ntsc = FrameRate.parse("29.97")
    exact = ntsc.samples_at(101, 48_000)
    assert all(fit_length(exact + n, 48_000, 48_000, chapter, ntsc).is_right for n in (-1, 0, 1))
    assert not fit_length(exact + 2, 48_000, 48_000, chapter, ntsc).is_right
    assert not fit_length(BARE + 1, 48_000, 48_000, Chapter(1, length_frames=480), RATE_24).is_right


def test_without_declared_handles_picture_length_has_none() -> None:
    fit = fit_length(BARE, 48_000, 48_000, Chapter(1, length_frames=480), RATE_24)
    assert fit.is_right
    assert fit.handles == Handles(0, 0)


def test_an_unknown_picture_length_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not known"):
        fit_length(1, 48_000, 48_000, Chapter(1), RATE_24)


@given(
    name=st.sampled_from(KNOWN_RATE_NAMES),
    frames=st.integers(24, 20_000),
    head=st.integers(0, 100),
    tail=st.integers(0, 100),
    rate_hz=st.sampled_from([44_100, 48_000, 96_000]),
)
def test_an_honest_file_is_always_right(name: str, frames: int, head: int, tail: int, rate_hz: int) -> None:
    rate = FrameRate.parse(name)
    chapter = Chapter(1, length_frames=frames, handles=Handles(head, tail))
    for total in (frames, frames + head + tail):
        length = rate.samples_at(total, rate_hz)
        fit = fit_length(length, rate_hz, 48_000, chapter, rate)
        assert fit.is_right
        assert fit.difference_samples == resampled_length(length, rate_hz, 48_000) - fit.expected_samples


def sibling(length: int, rate_hz: int = 48_000) -> MediaInfo:
    """Return the header of a file of a length."""
    return MediaInfo(Path("vo.wav"), "WAV", "PCM_24", rate_hz, 2, length, 6 * length)


@pytest.mark.parametrize(
    ("media", "kind", "difference", "true_rate_hz"),
    [
        (sibling(480_000), LengthKind.PICTURE_ONLY, 0, None),
        (sibling(480_001), LengthKind.LONG, 1, None),  # of the same rate nothing is rounded
        (sibling(479_999), LengthKind.SHORT, -1, None),
        (sibling(441_001, 44_100), LengthKind.PICTURE_ONLY, 1, None),  # one sample of its own, rounded
        (sibling(441_003, 44_100), LengthKind.LONG, 3, None),
        (sibling(441_000), LengthKind.MISLABELLED_RATE, -39_000, 44_100),
        (sibling(480_480), LengthKind.PULL, 480, None),
    ],
)
def test_where_no_picture_is_known_the_other_stems_are_compared(
    media: MediaInfo, kind: LengthKind, difference: int, true_rate_hz: int | None
) -> None:
    fit = fit_sibling(media, 48_000, 480_000)
    assert fit is not None
    assert (fit.kind, fit.difference_samples, fit.true_rate_hz) == (kind, difference, true_rate_hz)
    assert fit.expected_samples == 480_000


def test_what_cannot_be_read_is_not_compared() -> None:
    assert fit_sibling(None, 48_000, 480_000) is None
    assert fit_sibling(sibling(480_000, 0), 48_000, 480_000) is None
