from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate, Span, resampled_length, round_half_up

RATES = [FrameRate.parse(name) for name in KNOWN_RATE_NAMES]
rates = st.sampled_from(RATES)


@pytest.mark.parametrize(
    ("text", "fps", "drop"),
    [
        ("24", Fraction(24), False),
        ("24000/1001", Fraction(24000, 1001), False),
        ("23.976", Fraction(24000, 1001), False),
        ("23.98", Fraction(24000, 1001), False),
        ("29.97df", Fraction(30000, 1001), True),
        ("29.97 ndf", Fraction(30000, 1001), False),
        ("29.97", Fraction(30000, 1001), False),
        ("59.94DF", Fraction(60000, 1001), True),
        ("25 fps", Fraction(25), False),
        ("60.0", Fraction(60), False),
    ],
)
def test_rates_are_read_exactly(text: str, fps: Fraction, drop: bool) -> None:
    assert FrameRate.parse(text) == FrameRate(fps, drop)


@pytest.mark.parametrize(
    "text", ["", "fast", "24/0", "23", "24df", "1e9", "-24", "nan", "inf", "12", "1e999999999", "9" * 9999]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rate|drop-frame"):
        FrameRate.parse(text)


@pytest.mark.parametrize(
    ("rate", "timecode", "frame"),
    [
        ("24", "01:00:00:00", 86_400),
        ("25", "00:00:01:24", 49),
        ("23.976", "01:00:00:00", 86_400),
        ("29.97df", "00:00:59;29", 1799),
        ("29.97df", "00:01:00;02", 1800),
        ("29.97df", "00:10:00;00", 17_982),
        ("29.97df", "01:00:00;00", 107_892),
        ("29.97", "01:00:00:00", 108_000),
        ("59.94df", "00:01:00;04", 3600),
        ("59.94df", "01:00:00;00", 215_784),
    ],
)
def test_timecode_counts_frames_both_ways(rate: str, timecode: str, frame: int) -> None:
    frame_rate = FrameRate.parse(rate)
    assert frame_rate.parse_timecode(timecode) == frame
    assert frame_rate.format_timecode(frame) == timecode


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("29.97df", "00:01:00;00"),
        ("29.97df", "00:01:00;01"),
        ("24", "00:00:00:24"),
        ("24", "00:60:00:00"),
        ("24", "1:2"),
    ],
)
def test_frames_that_do_not_exist_are_refused(rate: str, text: str) -> None:
    with pytest.raises(ValueError, match="timecode"):
        FrameRate.parse(rate).parse_timecode(text)


@given(rate=rates, frame=st.integers(0, 24 * 3600 * 23))
def test_timecode_survives_a_round_trip(rate: FrameRate, frame: int) -> None:
    assert rate.parse_timecode(rate.format_timecode(frame)) == frame


@given(rate=rates, frame=st.integers(0, 10**7), rate_hz=st.sampled_from([44_100, 48_000, 96_000]))
def test_a_frame_position_is_within_half_a_sample_of_the_truth(rate: FrameRate, frame: int, rate_hz: int) -> None:
    assert abs(rate.samples_at(frame, rate_hz) - Fraction(frame * rate_hz) / rate.fps) <= Fraction(1, 2)


@given(rate=rates, frame=st.integers(0, 10**6))
def test_the_first_sample_of_a_frame_shows_that_frame_or_the_one_before(rate: FrameRate, frame: int) -> None:
    assert rate.frame_at(rate.samples_at(frame, 48_000), 48_000) in (frame, frame - 1)


def test_29_97_does_not_drift_over_a_film() -> None:
    rate = FrameRate.parse("29.97")
    assert rate.samples_at(5, 48_000) == 8008
    assert rate.samples_at(5 * 32_400, 48_000) == 8008 * 32_400


@pytest.mark.parametrize(
    ("rate", "text", "frames"),
    [
        ("24", "48f", 48),
        ("24", "2s", 48),
        ("24", "0.5s", 12),
        ("23.976", "2s", 48),
        ("25", "100ms", 3),
        ("24", "00:00:02:00", 48),
        ("24", "0", 0),
        ("24", "12 frames", 12),
    ],
)
def test_durations(rate: str, text: str, frames: int) -> None:
    assert FrameRate.parse(rate).parse_duration(text) == frames


@pytest.mark.parametrize("text", ["2", "2m", "-1s", "", "s", "1e3s", "nan s", "two seconds"])
def test_what_is_no_duration_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(ValueError, match='write frames "48f"'):
        FrameRate.parse("24").parse_duration(text)


def test_halves_round_up() -> None:
    assert [round_half_up(Fraction(n, 2)) for n in (-3, -1, 0, 1, 3)] == [-1, 0, 0, 1, 2]


@given(length=st.integers(0, 10**9), pair=st.sampled_from([(44_100, 48_000), (96_000, 48_000), (48_000, 44_100)]))
def test_a_resampled_length_is_within_half_a_sample(length: int, pair: tuple[int, int]) -> None:
    source, target = pair
    assert abs(resampled_length(length, source, target) - Fraction(length * target, source)) <= Fraction(1, 2)


@given(a=st.integers(0, 99), b=st.integers(0, 99), c=st.integers(0, 99), d=st.integers(0, 99))
def test_spans_overlap_where_both_have_samples(a: int, b: int, c: int, d: int) -> None:
    one, other = Span(min(a, b), max(a, b)), Span(min(c, d), max(c, d))
    shared = set(range(one.start, one.end)) & set(range(other.start, other.end))
    overlap = one.overlap(other)
    assert (set(range(overlap.start, overlap.end)) if overlap else set()) == shared


def test_a_span_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before its start"):
        Span(3, 2)


@pytest.mark.parametrize(
    ("name", "fps"),
    [
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("47.952", Fraction(48000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("25", Fraction(25)),
    ],
)
def test_names_of_rates_are_exact(name: str, fps: Fraction) -> None:
    assert FrameRate.parse(name).fps == fps


def test_a_span_is_as_long_as_from_its_start_to_its_end() -> None:
    assert Span(7, 12).length == 5
    assert Span(7, 7).length == 0


@pytest.mark.parametrize(
    ("name", "rate_hz", "is_whole"),
    [
        ("24", 48_000, True),
        ("24", 44_100, False),
        ("25", 44_100, True),
        ("23.976", 48_000, True),
        ("29.97", 48_000, False),
    ],
)
def test_frames_of_whole_samples(name: str, rate_hz: int, is_whole: bool) -> None:
    assert FrameRate.parse(name).has_whole_samples(rate_hz) is is_whole


@pytest.mark.parametrize("name", KNOWN_RATE_NAMES)
def test_a_rate_is_written_as_it_is_read(name: str) -> None:
    rate = FrameRate.parse(name)
    assert FrameRate.parse(str(rate)) == rate


def test_a_rate_says_whether_it_drops_frames() -> None:
    assert str(FrameRate.parse("29.97df")) == "30000/1001df"
    assert str(FrameRate.parse("29.97")) == "30000/1001"
    assert str(FrameRate(Fraction(24))) == "24"


def test_a_span_moves_as_a_whole() -> None:
    assert Span(3, 5).shift(-2) == Span(1, 3)


def test_spans_that_only_touch_share_nothing() -> None:
    assert Span(0, 5).overlap(Span(5, 9)) is None
    assert Span(0, 5).overlap(Span(4, 9)) == Span(4, 5)


@pytest.mark.parametrize(("sample", "frame"), [(-2000, -1), (-1, -1), (0, 0), (1999, 0), (2000, 1)])
def test_what_sounds_before_the_picture_is_before_its_first_frame(sample: int, frame: int) -> None:
    assert FrameRate.parse("24").frame_at(sample, 48_000) == frame


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (3597, "00:01:59;29"),
        (3598, "00:02:00;02"),
        (17_981, "00:09:59;29"),
        (17_982, "00:10:00;00"),
        (107_892, "01:00:00;00"),
        (24 * 107_892 - 1, "23:59:59;29"),
        (24 * 107_892 + 17_982, "00:10:00;00"),
    ],
)
def test_dropped_numbers_at_every_turn(frame: int, text: str) -> None:
    assert FrameRate.parse("29.97df").format_timecode(frame) == text


def test_timecode_begins_again_after_a_day() -> None:
    rate = FrameRate.parse("24")
    assert rate.format_timecode(24 * 3600 * 24) == "00:00:00:00"
    assert rate.format_timecode(24 * 3600 * 24 + 20 * 60 * 24) == "00:20:00:00"
    assert rate.format_timecode(-1) == "23:59:59:23"


@pytest.mark.parametrize(("text", "is_one"), [("00:59:59:23", True), ("00:60:00:00", False), ("00:00:60:00", False)])
def test_minutes_and_seconds_end_at_59(text: str, is_one: bool) -> None:
    rate = FrameRate.parse("24")
    if is_one:
        assert rate.parse_timecode(text) == 3600 * 24 - 1
    else:
        with pytest.raises(ValueError, match="is not a timecode at 24"):
            rate.parse_timecode(text)


@pytest.mark.parametrize(("name", "nominal"), [("47.95", 48), ("47.952", 48), ("48000/1001", 48), ("23.98", 24)])
def test_rates_of_cameras_are_known(name: str, nominal: int) -> None:
    rate = FrameRate.parse(name)
    assert rate.fps == Fraction(nominal * 1000, 1001)
    assert rate.nominal == nominal
