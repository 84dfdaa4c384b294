"""The files of each print: which channels and which stretch of the film each holds, and the leader around it.

All prints of a film are laid out alike: one start, one length, one word length, one leader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from stemkit.audio.channel_files import channel_names
from stemkit.audio.writer import WriteFormat
from stemkit.core.errors import Problem, RenderError
from stemkit.core.film import Film
from stemkit.core.layout import LAYOUTS, MONO, Layout
from stemkit.core.names import safe_name
from stemkit.core.profile import Profile
from stemkit.core.profile_prints import LeaderSpec
from stemkit.core.steps import Subtype
from stemkit.core.timebase import Span
from stemkit.plan.timeline import Timeline

Container = Literal["wav", "flac"]
_HALF_FRAME_S = 0.021


@dataclass(frozen=True, slots=True)
class Leader:
    """What stands around the programme in each file, in samples.

    Parameters
    ----------
    tones_before, tones_after
        Where tone sounds: counted from the file's first sample; counted from the programme's end.
    """

    head_samples: int = 0
    tail_samples: int = 0
    tones_before: tuple[Span, ...] = ()
    tones_after: tuple[Span, ...] = ()
    level_dbfs: float = -20.0
    frequency_hz: float = 1000.0

    def has_pop(self, rate_hz: int) -> bool:
        """Tell whether a tone begins two seconds before the programme, to the nearest frame."""
        return any(abs((self.head_samples - tone.start) / rate_hz - 2.0) < _HALF_FRAME_S for tone in self.tones_before)


@dataclass(frozen=True, slots=True)
class PrintFile:
    """One file of a print.

    Parameters
    ----------
    name
        Of the file.
    film
        The stretch of the film that it holds, in samples.
    channels
        Which channels of the programme's layout.
    label
        Of its one channel, `None` for a file of all channels.
    reel
        Number of the reel from 1, `None` for the whole film.
    """

    name: str
    film: Span
    channels: tuple[int, ...]
    label: str | None = None
    reel: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """How every print of a film is stored; ``mark`` ends the names of its files."""

    sample_rate_hz: int
    layout: Layout
    subtype: Subtype
    container: Container
    is_discrete: bool
    leader: Leader
    reels: tuple[Span, ...]
    mark: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether each print is one WAV file that holds the programme and nothing else."""
        return self.container == "wav" and not self.is_discrete and self.leader == Leader() and len(self.reels) == 1

    @property
    def bits(self) -> int:
        """Word length of the values; a float print holds the 24-bit ones."""
        return 16 if self.subtype == "PCM_16" else 24

    def files(self, stem: str) -> tuple[PrintFile, ...]:
        """Return the files of a print whose name begins with ``stem``, reel by reel, channel by channel."""
        found = []
        for number, span in enumerate(self.reels, 1):
            reel = number if len(self.reels) > 1 else None
            name = f"{stem}{self.mark}{f'_r{number:02}' if reel else ''}.{self.container}"
            if self.is_discrete:
                labels = self.layout.labels
                names = channel_names(name, self.layout)
                found += [
                    PrintFile(each, span, (at,), label, reel)
                    for at, (each, label) in enumerate(zip(names, labels, strict=True))
                ]
            else:
                found.append(PrintFile(name, span, tuple(range(self.layout.count)), None, reel))
        return tuple(found)

    def format_of(self, file: PrintFile) -> WriteFormat:
        """Return in which format a file is written."""
        layout = self.layout if file.label is None else MONO
        length = self.leader.head_samples + file.film.length + self.leader.tail_samples
        return WriteFormat(self.sample_rate_hz, self.subtype, layout, length)


def print_stem(film: Film, name: str) -> str:
    """Return how the names of a print's files begin."""
    return f"{safe_name(film.title)}_{safe_name(name)}"


def plan_form(film: Film, timeline: Timeline, profile: Profile) -> Form:
    """Return how the prints of a profile are stored; the film's ``[mix]`` wins where it says something.

    Raises
    ------
    RenderError
        If a leader is asked for that has no place, or FLAC cannot hold what is asked for.
    """
    form, delivery = profile.format, profile.delivery
    bits = delivery.bit_depth_bits or form.bit_depth_bits
    container = film.mix.container or delivery.container
    subtypes: Mapping[int, Subtype] = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
    if container == "flac" and bits == 32:
        hint = "ask for container wav, or for 16 or 24 bit"
        raise RenderError(Problem("flac_is_integer", f"FLAC cannot hold the 32-bit float of {profile.name}", hint))
    layout = LAYOUTS[form.layout]
    return Form(
        sample_rate_hz=timeline.sample_rate_hz,
        layout=layout,
        subtype=subtypes[bits],
        container=container,
        is_discrete=(delivery.packaging or form.packaging) == "discrete-mono" and layout.count > 1,
        leader=_leader(film, delivery.leader, timeline.sample_rate_hz) if delivery.leader else Leader(),
        reels=reel_spans(timeline, film.mix.reels),
    )


def reel_spans(timeline: Timeline, cuts: Sequence[int]) -> tuple[Span, ...]:
    """Return the stretches of film between cuts after some chapters; the whole film where there are none."""
    ends = [timeline.chapters[number].end for number in cuts]
    edges = [0, *ends, timeline.length_samples]
    return tuple(Span(start, end) for start, end in pairwise(edges))


def start_samples(film: Film, rate_hz: int) -> int:
    """Return the time of day of the film's first picture, in samples."""
    return film.frame_rate.samples_at(film.start_frame, rate_hz) if film.frame_rate else 0


def _leader(film: Film, spec: LeaderSpec, rate_hz: int) -> Leader:
    rate = film.frame_rate
    if rate is None:
        message = "a leader is measured in pictures, and the frame rate is not known"
        raise RenderError(Problem("leader_without_rate", message, "state [film] frame_rate in a film file"))

    def samples(text: str) -> int:
        return rate.samples_at(rate.parse_duration(text), rate_hz)

    head, tail, tone = samples(spec.head), samples(spec.tail), samples(spec.tone)
    if head > start_samples(film, rate_hz):
        at = rate.format_timecode(film.start_frame)
        message = f"a leader of {spec.head} would begin before midnight: the first picture is at {at}"
        hint = 'state [film] start_timecode, such as "01:00:00:00"'
        raise RenderError(Problem("leader_before_midnight", message, hint, key="film.start_timecode"))
    before = [Span(0, tone)] if tone else []
    if pop := rate.parse_duration(spec.pop):
        before.append(Span(head - rate.samples_at(pop, rate_hz), head - rate.samples_at(pop - 1, rate_hz)))
    after = []
    if late := rate.parse_duration(spec.tail_pop):
        # Counted from the last picture, as editors do: its timecode and two seconds.
        after.append(Span(rate.samples_at(late - 1, rate_hz), rate.samples_at(late, rate_hz)))
    return Leader(head, tail, tuple(before), tuple(after), spec.level_dbfs, spec.frequency_hz)
