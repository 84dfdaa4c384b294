"""Where every stem goes in the film, and how the chapters are joined. Pure data, no sound.

Every position is rounded once, from absolute frames: the film is as long as its pictures, whatever
the crossfades, at every frame rate. A crossfade lives on handles; it never moves what it joins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from stemkit.core.errors import Problem, RenderError
from stemkit.core.film import Chapter, Crossfade, FadeLaw, Film, Handles, Role
from stemkit.core.lengths import picture_samples
from stemkit.core.media import MediaInfo
from stemkit.core.mix_facts import JoinFacts
from stemkit.core.timebase import FrameRate, Span, round_half_up
from stemkit.plan.ducking import Duck

DEGRADED_FADE_MS = 10
_ENDLESS = 1 << 40  # half frames of handle that silence has
_ROUNDING_SAMPLES = 2  # by which an honest file may differ after a change of rate

ChapterStems = Mapping[Role, Sequence[MediaInfo]]


@dataclass(frozen=True, slots=True)
class Fade:
    """A fade over a span of the film; outside the span nothing is faded."""

    span: Span
    law: FadeLaw
    correlation: float = 0.0


@dataclass(frozen=True, slots=True)
class Placement:
    """A stretch of one file at its place in the film, both in samples at the programme's rate.

    Parameters
    ----------
    source
        The file, already in the programme's rate and layout.
    span_in_file
        What is taken from it.
    start_in_film
        Where its first sample goes.
    fade_in, fade_out
        `None` for a straight cut.
    gain_db
        The chapter's trim.
    """

    chapter: int
    role: Role
    source: MediaInfo
    span_in_file: Span
    start_in_film: int
    fade_in: Fade | None = None
    fade_out: Fade | None = None
    gain_db: float = 0.0

    @property
    def span_in_film(self) -> Span:
        """The stretch of the film that it covers."""
        return Span(self.start_in_film, self.start_in_film + self.span_in_file.length)


Line = tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole film: for each role its lines, in which at most two placements overlap.

    Parameters
    ----------
    duck
        The gain of music and effects under the voice, `None` where nobody asked for it.
    """

    sample_rate_hz: int
    length_samples: int
    chapters: Mapping[int, Span]
    lines: Mapping[Role, tuple[Line, ...]]
    joins: tuple[JoinFacts, ...]
    duck: Duck | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    """A stem and the handles that its length says it has."""

    media: MediaInfo
    handles: Handles


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is known of the film before anything is placed."""

    film: Film
    rate_hz: int
    spans: Mapping[int, Span]
    held: Mapping[int, Mapping[Role, tuple[_Held, ...]]]

    def stems(self, chapter: Chapter, role: Role) -> tuple[_Held, ...]:
        return self.held[chapter.number].get(role, ())


def plan_timeline(film: Film, stems: Mapping[int, ChapterStems], rate_hz: int) -> Timeline:
    """Place every stem in the film.

    Parameters
    ----------
    film
        As declared. Where picture lengths or the frame rate are unknown, a chapter is as long as
        its longest stem and has no handles.
    stems
        Chapter number to role to files, all at ``rate_hz``; a role that is absent is silent.
    rate_hz
        The programme's sample rate.

    Raises
    ------
    RenderError
        If the length of a file fits neither the picture nor the picture with its handles.
    """
    held = {
        chapter.number: {
            role: tuple(_Held(media, _handles_in(media, chapter, film.frame_rate, rate_hz)) for media in files)
            for role, files in stems.get(chapter.number, {}).items()
        }
        for chapter in film.chapters
    }
    survey = _Survey(film, rate_hz, _chapter_spans(film, stems, rate_hz), held)
    joins = {
        (left.number, role): _plan_join(survey, left, right, role)
        for left, right in zip(film.chapters, film.chapters[1:], strict=False)
        for role in Role
    }
    lines = {role: _lines_of(survey, role, joins) for role in Role}
    length = survey.spans[film.chapters[-1].number].end if film.chapters else 0
    return Timeline(rate_hz, length, survey.spans, lines, tuple(joins.values()))


def head_samples(handles: Handles, frame_rate: FrameRate | None, rate_hz: int) -> int:
    """Return the position of a chapter's first picture sample in a file with these handles."""
    return frame_rate.samples_at(handles.head_frames, rate_hz) if frame_rate else 0


def _chapter_spans(film: Film, stems: Mapping[int, ChapterStems], rate_hz: int) -> dict[int, Span]:
    spans: dict[int, Span] = {}
    frame = start = 0
    is_exact = film.frame_rate is not None
    for chapter in film.chapters:
        is_exact = is_exact and chapter.length_frames is not None
        if is_exact and film.frame_rate is not None and chapter.length_frames is not None:
            frame += chapter.length_frames
            end = film.frame_rate.samples_at(frame, rate_hz)
        else:
            end = start + _length_alone(chapter, film.frame_rate, stems.get(chapter.number, {}), rate_hz)
        spans[chapter.number] = Span(start, end)
        start = end
    return spans


def _length_alone(chapter: Chapter, frame_rate: FrameRate | None, stems: ChapterStems, rate_hz: int) -> int:
    if chapter.length_frames is not None and frame_rate is not None:
        return picture_samples(chapter.length_frames, frame_rate, rate_hz)
    return max((media.length_samples for files in stems.values() for media in files), default=0)


def handles_held(length_samples: int, chapter: Chapter, frame_rate: FrameRate | None, rate_hz: int) -> Handles | None:
    """Return the handles that a file of the programme's rate holds by its length, `None` if it cannot be placed."""
    if chapter.length_frames is None or frame_rate is None:
        return Handles()
    for handles in (chapter.handles, Handles()):
        frames = chapter.length_frames + handles.head_frames + handles.tail_frames
        if abs(length_samples - picture_samples(frames, frame_rate, rate_hz)) <= _ROUNDING_SAMPLES:
            return handles
    return None


def _handles_in(media: MediaInfo, chapter: Chapter, frame_rate: FrameRate | None, rate_hz: int) -> Handles:
    handles = handles_held(media.length_samples, chapter, frame_rate, rate_hz)
    if handles is not None:
        return handles
    message = f"a stem of chapter {chapter.number} cannot be placed: {media.length_samples} samples fit no picture"
    hint = "run 'stemkit check' on the film: it names the likely cause"
    raise RenderError(Problem("length", message, hint, str(media.path)))


def _half_frames_held(stems: Sequence[_Held], side: str) -> int:
    frames = (h.handles.head_frames if side == "head" else h.handles.tail_frames for h in stems)
    return min((2 * count for count in frames), default=_ENDLESS)


def _room(film: Film, chapter: Chapter, role: Role) -> int:
    """Return how many half frames one crossfade may take of a chapter that both its neighbours fade into."""
    index = film.chapters.index(chapter)
    length = 2 * (chapter.length_frames or 0)
    has_both = 0 < index < len(film.chapters) - 1
    entering = film.crossfade_after(film.chapters[index - 1].number, role).after_half_frames if has_both else 0
    leaving = film.crossfade_after(chapter.number, role).before_half_frames if has_both else 0
    return length // 2 if entering + leaving > length else length


def _samples_at_half(half_frames: int, frame_rate: FrameRate, rate_hz: int) -> int:
    return round_half_up(Fraction(half_frames * rate_hz, 2) / frame_rate.fps)


def _plan_join(survey: _Survey, left: Chapter, right: Chapter, role: Role) -> JoinFacts:
    film, rate_hz, spans = survey.film, survey.rate_hz, survey.spans
    asked = film.crossfade_after(left.number, role)
    cut = spans[left.number].end
    leaving, entering = survey.stems(left, role), survey.stems(right, role)
    if asked.is_straight or film.frame_rate is None or not (leaving or entering):
        return JoinFacts(left.number, role, cut, 0, 0, asked.law)
    before = min(asked.before_half_frames, _half_frames_held(entering, "head"), _room(film, left, role))
    after = min(asked.after_half_frames, _half_frames_held(leaving, "tail"), _room(film, right, role))
    wished = _reach(cut, asked, film.frame_rate, rate_hz)
    if before == 0 and after == 0:
        short = rate_hz * DEGRADED_FADE_MS // 1000
        out = min(short, spans[left.number].length // 2)
        into = min(short, spans[right.number].length // 2)
        return JoinFacts(left.number, role, cut, out, into, asked.law, True, True, *wished)
    given = _reach(cut, Crossfade(before, after, asked.law), film.frame_rate, rate_hz)
    return JoinFacts(left.number, role, cut, *given, asked.law, False, given != wished, *wished)


def _reach(cut: int, crossfade: Crossfade, frame_rate: FrameRate, rate_hz: int) -> tuple[int, int]:
    """Return how many samples a crossfade reaches before and after a cut; positions are rounded, not lengths."""
    frame = 2 * round_half_up(Fraction(cut, rate_hz) * frame_rate.fps)
    # Where a chapter's length is not known the cut need not lie on a frame; then lengths are all there is.
    origin = cut - _samples_at_half(frame, frame_rate, rate_hz)
    start = _samples_at_half(frame - crossfade.before_half_frames, frame_rate, rate_hz) + origin
    end = _samples_at_half(frame + crossfade.after_half_frames, frame_rate, rate_hz) + origin
    return cut - start, end - cut


def _lines_of(survey: _Survey, role: Role, joins: Mapping[tuple[int, Role], JoinFacts]) -> tuple[Line, ...]:
    lines: list[list[Placement]] = []
    entering: JoinFacts | None = None
    for chapter in survey.film.chapters:
        leaving = joins.get((chapter.number, role))
        window = _window(survey.spans[chapter.number], entering, leaving)
        for index, stem in enumerate(survey.stems(chapter, role)):
            if index == len(lines):
                lines.append([])
            head = head_samples(stem.handles, survey.film.frame_rate, survey.rate_hz)
            placement = _place(chapter.number, role, stem.media, window, head - survey.spans[chapter.number].start)
            if placement.span_in_file.length:
                lines[index].append(placement)
        entering = leaving
    return tuple(tuple(line) for line in lines)


_Window = tuple[Span, Fade | None, Fade | None]


def _window(picture: Span, entering: JoinFacts | None, leaving: JoinFacts | None) -> _Window:
    """Return the stretch of film in which a chapter sounds for a role, and its fades."""
    start, fade_in = picture.start, None
    if entering is not None and entering.before_samples + entering.after_samples:
        start -= 0 if entering.degraded else entering.before_samples
        fade_in = Fade(Span(start, picture.start + entering.after_samples), entering.law)
    end, fade_out = picture.end, None
    if leaving is not None and leaving.before_samples + leaving.after_samples:
        end += 0 if leaving.degraded else leaving.after_samples
        fade_out = Fade(Span(picture.end - leaving.before_samples, end), leaving.law)
    return Span(start, end), fade_in, fade_out


def _place(number: int, role: Role, media: MediaInfo, window: _Window, to_file: int) -> Placement:
    span, fade_in, fade_out = window
    # A file may be a sample short at either end where a frame is no whole number of samples: zeros there.
    first, last = max(0, span.start + to_file), min(media.length_samples, span.end + to_file)
    in_file = Span(first, max(first, last))
    return Placement(number, role, media, in_file, first - to_file, fade_in, fade_out)
