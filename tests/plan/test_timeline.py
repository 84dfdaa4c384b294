"""Positions are exact at every frame rate; crossfades live on handles and never move a chapter."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.errors import RenderError
from stemkit.core.film import Boundary, Chapter, Crossfade, Film, Handles, Role
from stemkit.core.layout import STEREO
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate, Span, round_half_up
from stemkit.plan.timeline import Fade, Timeline, handles_held, plan_timeline

RATE = 48_000
FPS24 = FrameRate.parse("24")


def media(length_samples: int, name: str = "a.wav") -> MediaInfo:
    return MediaInfo(Path(name), "WAV", "PCM_24", RATE, 2, length_samples, 0, bit_depth_bits=24, layout=STEREO)


def film_of(
    lengths: list[int], *, rate: FrameRate = FPS24, handles: Handles | None = None, crossfade: Crossfade | None = None
) -> Film:
    chapters = tuple(
        Chapter(number=n + 1, length_frames=length, handles=handles or Handles()) for n, length in enumerate(lengths)
    )
    fades = dict.fromkeys(Role, crossfade) if crossfade else {}
    return Film("Film", Path(), chapters, rate, crossfades=fades)


def stems_of(film: Film, *, with_handles: bool = True) -> dict[int, dict[Role, list[MediaInfo]]]:
    assert film.frame_rate is not None
    found = {}
    for chapter in film.chapters:
        held = chapter.handles if with_handles else Handles()
        frames = (chapter.length_frames or 0) + held.head_frames + held.tail_frames
        found[chapter.number] = {role: [media(film.frame_rate.samples_at(frames, RATE))] for role in Role}
    return found


def test_a_straight_cut_takes_the_picture_out_of_the_handles() -> None:
    film = film_of([24, 48], handles=Handles(2, 3))
    timeline = plan_timeline(film, stems_of(film), RATE)
    first, second = timeline.lines[Role.VO][0]
    assert (first.span_in_file, first.start_in_film) == (Span(4000, 52_000), 0)
    assert (second.span_in_file, second.start_in_film) == (Span(4000, 100_000), 48_000)
    assert first.fade_out is None
    assert second.fade_in is None
    assert timeline.length_samples == 144_000


def test_a_file_without_handles_starts_at_its_first_sample() -> None:
    film = film_of([24], handles=Handles(2, 3))
    (line,) = plan_timeline(film, stems_of(film, with_handles=False), RATE).lines[Role.SFX]
    assert line[0].span_in_file == Span(0, 48_000)


def test_a_crossfade_eats_handles_on_both_sides_of_the_cut() -> None:
    film = film_of([48, 48], handles=Handles(12, 12), crossfade=Crossfade(12, 12, "equal-gain"))
    timeline = plan_timeline(film, stems_of(film), RATE)
    first, second = timeline.lines[Role.MUSIC][0]
    fade = Fade(Span(96_000 - 12_000, 96_000 + 12_000), "equal-gain")
    assert first.fade_out == second.fade_in == fade
    assert first.span_in_film == Span(0, 108_000)
    assert second.span_in_film == Span(84_000, 192_000)
    assert second.span_in_file.start == 24_000 - 12_000
    assert [(j.before_samples, j.after_samples, j.degraded, j.shortened) for j in timeline.joins] == [
        (12_000, 12_000, False, False)
    ] * 3


def test_without_handles_the_join_is_ten_milliseconds_out_and_in_inside_the_programme() -> None:
    film = film_of([48, 48], handles=Handles(12, 12), crossfade=Crossfade(12, 12))
    timeline = plan_timeline(film, stems_of(film, with_handles=False), RATE)
    first, second = timeline.lines[Role.MUSIC][0]
    assert first.fade_out == Fade(Span(96_000 - 480, 96_000), "equal-power")
    assert second.fade_in == Fade(Span(96_000, 96_000 + 480), "equal-power")
    assert (first.span_in_film.end, second.start_in_film) == (96_000, 96_000)
    assert all(join.degraded for join in timeline.joins)


def test_a_crossfade_is_limited_to_what_the_handles_hold() -> None:
    film = film_of([48, 48], handles=Handles(3, 12), crossfade=Crossfade(12, 24))
    join = plan_timeline(film, stems_of(film), RATE).joins[0]
    assert (join.before_samples, join.after_samples) == (6000, 24_000)
    assert (join.asked_before_samples, join.asked_after_samples) == (12_000, 24_000)
    assert join.shortened
    assert not join.degraded


def test_a_role_that_falls_silent_fades_on_its_own_handle() -> None:
    film = film_of([48, 48], handles=Handles(12, 12), crossfade=Crossfade(12, 12))
    stems = stems_of(film)
    del stems[2][Role.MUSIC]
    timeline = plan_timeline(film, stems, RATE)
    (line,) = timeline.lines[Role.MUSIC]
    assert [p.fade_out for p in line] == [Fade(Span(84_000, 108_000), "equal-power")]
    assert not next(j for j in timeline.joins if j.role is Role.MUSIC).degraded


def test_a_boundary_may_differ_from_the_defaults() -> None:
    film = film_of([48, 48, 48], handles=Handles(24, 24), crossfade=Crossfade(2, 2))
    boundary = Boundary(2, {Role.VO: Crossfade(0, 10, "equal-gain")})
    film = Film(film.title, film.base, film.chapters, FPS24, crossfades=film.crossfades, boundaries=(boundary,))
    joins = {(j.after, j.role): j for j in plan_timeline(film, stems_of(film), RATE).joins}
    assert (joins[2, Role.VO].before_samples, joins[2, Role.VO].after_samples) == (0, 10_000)
    assert joins[2, Role.VO].law == "equal-gain"
    assert joins[2, Role.SFX].before_samples == joins[1, Role.VO].before_samples == 2000


def test_several_stems_of_a_role_become_several_lines() -> None:
    film = film_of([48, 48])
    stems = stems_of(film)
    stems[1][Role.SFX].append(media(96_000, "foley.wav"))
    lines = plan_timeline(film, stems, RATE).lines[Role.SFX]
    assert [len(line) for line in lines] == [2, 1]


def test_where_no_picture_length_is_known_the_longest_stem_decides() -> None:
    film = Film("Folder", Path(), (Chapter(1), Chapter(2)))
    stems = {1: {Role.VO: [media(100)], Role.SFX: [media(120)]}, 2: {Role.VO: [media(50)]}}
    timeline = plan_timeline(film, stems, RATE)
    assert timeline.length_samples == 170
    assert timeline.lines[Role.VO][0][1].start_in_film == 120


def test_a_file_that_fits_nothing_is_refused_with_its_name() -> None:
    film = film_of([48])
    stems = {1: {Role.VO: [media(90_000, "short.wav")]}}
    with pytest.raises(RenderError, match=r"short\.wav.*90000 samples"):
        plan_timeline(film, stems, RATE)


@pytest.mark.parametrize("name", KNOWN_RATE_NAMES)
def test_fifty_chapters_do_not_drift(name: str) -> None:
    rate = FrameRate.parse(name)
    lengths = [2 * 1001 + 7 * n for n in range(50)]
    film = film_of(lengths, rate=rate, handles=Handles(48, 48), crossfade=Crossfade(24, 25))
    timeline = plan_timeline(film, stems_of(film), RATE)
    assert timeline.length_samples == round_half_up(Fraction(sum(lengths) * RATE) / rate.fps)


half_frames = st.integers(0, 60)
films = st.builds(
    film_of,
    st.lists(st.integers(1, 120), min_size=1, max_size=12),
    rate=st.sampled_from(KNOWN_RATE_NAMES).map(FrameRate.parse),
    handles=st.builds(Handles, st.integers(0, 30), st.integers(0, 30)),
    crossfade=st.builds(Crossfade, half_frames, half_frames),
)


def _assert_sound(film: Film, timeline: Timeline) -> None:
    assert film.frame_rate is not None
    frame = 0
    for chapter in film.chapters:
        start = film.frame_rate.samples_at(frame, RATE)
        frame += chapter.length_frames or 0
        assert timeline.chapters[chapter.number] == Span(start, film.frame_rate.samples_at(frame, RATE))
    assert timeline.length_samples == film.frame_rate.samples_at(frame, RATE)
    for line in (line for lines in timeline.lines.values() for line in lines):
        for placement in line:
            assert placement.span_in_film.start >= 0
            assert placement.span_in_film.end <= timeline.length_samples
            assert placement.span_in_file.start >= 0
            assert placement.span_in_file.end <= placement.source.length_samples
        for one, other in zip(line, line[2:], strict=False):
            assert one.span_in_film.end <= other.span_in_film.start, "three placements overlap"


@settings(deadline=None)
@given(films, st.booleans())
def test_the_film_is_as_long_as_its_pictures_whatever_the_crossfades(film: Film, with_handles: bool) -> None:
    timeline = plan_timeline(film, stems_of(film, with_handles=with_handles), RATE)
    _assert_sound(film, timeline)


@settings(deadline=None)
@given(films)
def test_a_crossfade_never_moves_a_chapter(film: Film) -> None:
    joined = plan_timeline(film, stems_of(film), RATE)
    plain = Film(film.title, film.base, film.chapters, film.frame_rate)
    cut = plan_timeline(plain, stems_of(film), RATE)
    for role in Role:
        for line, straight in zip(joined.lines[role], cut.lines[role], strict=True):
            offsets = [p.start_in_film - p.span_in_file.start for p in line]
            assert offsets == [p.start_in_film - p.span_in_file.start for p in straight]


@settings(deadline=None)
@given(films)
def test_both_sides_of_a_crossfade_share_one_fade(film: Film) -> None:
    timeline = plan_timeline(film, stems_of(film), RATE)
    degraded = {(join.after, join.role) for join in timeline.joins if join.degraded}
    for role, lines in timeline.lines.items():
        for one, other in zip(lines[0], lines[0][1:], strict=False):
            if (one.chapter, role) in degraded:
                # The second file sounds from the cut on. The first has no handle behind it, and where a frame is
                # no whole number of samples its length is rounded from its own start, the cut from the film's:
                # the two differ by a sample at most, in which there are zeros, and the fade out ends before it.
                cut = timeline.chapters[other.chapter].start
                assert other.start_in_film == cut
                assert 0 <= cut - one.span_in_film.end <= 1
                assert one.fade_out is not None
                assert one.fade_out.span.end == cut
            else:
                assert one.fade_out == other.fade_in


@pytest.mark.parametrize(("extra", "held"), [(0, True), (2, True), (-2, True), (3, False), (-3, False)])
def test_a_length_is_forgiven_two_samples_of_rounding(extra: int, held: bool) -> None:
    chapter = Chapter(1, length_frames=24, handles=Handles(2, 3))
    full, bare = 58_000, 48_000
    assert handles_held(full + extra, chapter, FPS24, RATE) == (Handles(2, 3) if held else None)
    assert handles_held(bare + extra, chapter, FPS24, RATE) == (Handles() if held else None)


@pytest.mark.parametrize(("length", "rate"), [(None, FPS24), (24, None), (None, None)])
def test_where_picture_or_rate_is_not_known_a_file_holds_no_handles(length: int | None, rate: FrameRate | None) -> None:
    assert handles_held(123, Chapter(1, length_frames=length, handles=Handles(2, 3)), rate, RATE) == Handles()


def test_after_a_chapter_of_unknown_length_the_others_keep_theirs() -> None:
    film = Film("Film", Path(), (Chapter(1), Chapter(2, length_frames=24)), FPS24)
    stems = {1: {Role.VO: [media(1000)]}, 2: {Role.VO: [media(48_001)]}}
    timeline = plan_timeline(film, stems, RATE)
    assert timeline.chapters == {1: Span(0, 1000), 2: Span(1000, 49_000)}


def _reaches(lengths: list[int], before: int, after: int) -> list[tuple[int, int]]:
    film = film_of(lengths, handles=Handles(12, 12), crossfade=Crossfade(before, after))
    joins = [join for join in plan_timeline(film, stems_of(film), RATE).joins if join.role is Role.SFX]
    return [(join.before_samples // 1000, join.after_samples // 1000) for join in joins]  # in half frames


def test_two_crossfades_share_a_chapter_that_is_too_short_for_both() -> None:
    assert _reaches([48, 4, 48], 6, 6) == [(6, 4), (4, 6)]
    # Together they just fit: nothing is taken from either.
    assert _reaches([48, 4, 48], 5, 3) == [(5, 3), (5, 3)]


def test_the_first_and_the_last_chapter_are_faded_on_one_side_only() -> None:
    assert _reaches([2, 48, 2], 4, 4) == [(4, 4), (4, 4)]
    assert _reaches([2, 2], 4, 4) == [(4, 4)]


def test_a_degraded_join_takes_half_of_a_very_short_chapter() -> None:
    film = film_of([1, 48, 1], rate=FrameRate.parse("60"), handles=Handles(12, 12), crossfade=Crossfade(12, 12))
    joins = plan_timeline(film, stems_of(film, with_handles=False), RATE).joins
    assert [(join.before_samples, join.after_samples) for join in joins if join.role is Role.VO] == [
        (400, 480),
        (480, 400),
    ]
    assert all(join.degraded and join.shortened for join in joins)


def test_a_cut_that_lies_on_no_frame_is_crossed_by_whole_lengths() -> None:
    chapters = (Chapter(1), *(Chapter(number, length_frames=24, handles=Handles(2, 3)) for number in (2, 3)))
    film = Film("Film", Path(), chapters, FPS24, crossfades=dict.fromkeys(Role, Crossfade(2, 2)))
    stems = {number: {Role.VO: [media(length)]} for number, length in ((1, 100_100), (2, 58_000), (3, 58_000))}
    unknown, known = (join for join in plan_timeline(film, stems, RATE).joins if join.role is Role.VO)
    # How long the first picture is, nobody said: nothing of it is taken for a fade.
    assert (unknown.at_samples, unknown.before_samples, unknown.after_samples) == (100_100, 480, 480)
    assert unknown.degraded
    assert (known.at_samples, known.before_samples, known.after_samples) == (148_100, 2000, 2000)
    assert (known.asked_before_samples, known.asked_after_samples) == (2000, 2000)


def test_both_ends_of_a_crossfade_lie_on_rounded_half_frames() -> None:
    rate, rate_hz = FrameRate.parse("24000/1001"), 44_100
    film = film_of([25, 26, 27, 28, 29], rate=rate, handles=Handles(12, 12), crossfade=Crossfade(3, 5))
    stems = {
        chapter.number: {Role.VO: [media(rate.samples_at((chapter.length_frames or 0) + 24, rate_hz))]}
        for chapter in film.chapters
    }
    frame = 0
    for join in (join for join in plan_timeline(film, stems, rate_hz).joins if join.role is Role.VO):
        frame += film.chapters[join.after - 1].length_frames or 0
        ends = [round_half_up(Fraction((2 * frame + half) * rate_hz, 2) / rate.fps) for half in (-3, 5)]
        assert [join.at_samples - join.before_samples, join.at_samples + join.after_samples] == ends


def test_what_is_not_there_has_no_length() -> None:
    assert plan_timeline(Film("Film", Path(), ()), {}, RATE).length_samples == 0
    film = Film("Folder", Path(), (Chapter(1), Chapter(2)))
    timeline = plan_timeline(film, {1: {Role.VO: [media(100)]}}, RATE)
    assert timeline.chapters == {1: Span(0, 100), 2: Span(100, 100)}
    assert timeline.lines[Role.VO][0][0].span_in_file == Span(0, 100)


def test_a_plan_changes_no_level() -> None:
    film = film_of([48, 48], handles=Handles(12, 12), crossfade=Crossfade(12, 12))
    placements = [one for lines in plan_timeline(film, stems_of(film), RATE).lines.values() for one in lines[0]]
    assert {placement.gain_db for placement in placements} == {0.0}
    fades = [fade for one in placements for fade in (one.fade_in, one.fade_out) if fade]
    assert {fade.correlation for fade in fades} == {0.0}


def test_what_a_chapter_has_room_for_hangs_on_the_cuts_on_both_its_sides() -> None:
    film = film_of([48, 4, 48], handles=Handles(12, 12))
    cuts = (Boundary(1, {Role.SFX: Crossfade(2, 7)}), Boundary(2, {Role.SFX: Crossfade(2, 0)}))
    film = Film(film.title, film.base, film.chapters, FPS24, boundaries=cuts)
    joins = [join for join in plan_timeline(film, stems_of(film), RATE).joins if join.role is Role.SFX]
    # Seven and two half frames do not fit into eight: the first is cut to half of the chapter.
    assert [(join.before_samples, join.after_samples) for join in joins] == [(2000, 4000), (2000, 0)]
